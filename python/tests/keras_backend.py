"""What holds of kinit.keras on the backend that KERAS_BACKEND names. Run by test_keras.py.

SPDX-License-Identifier: Apache-2.0
"""

import math
import os
import tempfile

import keras
import kinit
import kinit.keras
import numpy as np
from keras import initializers as theirs

RANDOM = ["RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling", "GlorotNormal", "GlorotUniform", "HeNormal",
          "HeUniform", "LecunNormal", "LecunUniform", "Orthogonal", "OrthogonalInitializer"]
array = keras.ops.convert_to_numpy


def dense(initializer):
    layer = keras.layers.Dense(64, kernel_initializer=initializer)
    layer.build((None, 32))
    return array(layer.kernel)


def check_class(name):
    ours, peer = getattr(kinit.keras, name), getattr(theirs, name)
    init = ours(seed=1)
    assert init.get_config() == peer(seed=1).get_config()
    assert ours.from_config(init.get_config()).get_config() == init.get_config()
    copy = keras.initializers.deserialize(keras.initializers.serialize(init))
    assert type(copy) is ours and copy.get_config() == init.get_config()
    x, y = (np.asarray(array(i((100, 400)))) for i in (init, peer(seed=1)))
    assert x.shape == y.shape and x.dtype == y.dtype == np.float32
    assert abs(x.std() / y.std() - 1) < 0.02 and abs(x.mean()) < 0.002 and abs(abs(x).max() / abs(y).max() - 1) < 0.4
    assert keras.backend.standardize_dtype(init((8, 8), "bfloat16").dtype) == "bfloat16"


def check_streams():
    init = kinit.keras.HeNormal(seed=1)
    first, second, cloned = dense(init), dense(init), dense(init.clone())
    assert (first != second).mean() > 0.99 and (cloned != first).mean() > 0.99 and (cloned != second).mean() > 0.99
    assert (dense(kinit.keras.HeNormal(seed=1)) == first).all()  # another instance, and asked for
    std = math.sqrt(2 / 32) / 0.87962566103423978
    for number, kernel in enumerate((first, second, cloned)):
        expected = kinit.truncated_normal((32, 64), std=std, low=-2 * std, high=2 * std, seed=1, subsequence=number)
        assert (kernel == expected).all()


def check_seeds():
    generators = [kinit.keras.RandomNormal(seed=keras.random.SeedGenerator(3)) for _ in range(2)]
    a, b = (dense(init) for init in generators)
    assert (a == b).all() and (dense(generators[0]) != a).mean() > 0.99
    keras.utils.set_random_seed(5)
    a = dense(kinit.keras.RandomNormal())
    assert (dense(kinit.keras.RandomNormal()) != a).mean() > 0.99
    keras.utils.set_random_seed(5)
    assert (dense(kinit.keras.RandomNormal()) == a).all()


def check_shapes():
    scaled = kinit.keras.VarianceScaling(2.0, "fan_in", "untruncated_normal", seed=1)
    for shape, fan in (((), 1), ((9,), 9), ((9, 4), 9), ((3, 3, 4, 8), 36)):
        assert (array(scaled(shape)) == kinit.normal(shape, std=math.sqrt(2 / fan), seed=1, subsequence=next_call())).all()
    q = array(kinit.keras.Orthogonal(2.0, seed=1)((3, 3, 4, 8))).reshape(36, 8) / 2
    assert np.allclose(q.T @ q, np.eye(8), atol=1e-5)
    for wrong in (lambda: kinit.keras.VarianceScaling(-1.0), lambda: kinit.keras.Orthogonal()((3,)),
                  lambda: kinit.keras.HeNormal(seed="a")):
        try:
            wrong()
        except ValueError:
            continue
        raise AssertionError("accepted")


calls = iter(range(9))
next_call = lambda: next(calls)


def check_saved_model():
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(4, kernel_initializer=kinit.keras.LecunUniform(seed=3))])
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.keras")
        model.save(path)
        loaded = keras.models.load_model(path)
    init = loaded.layers[0].kernel_initializer
    assert type(init) is kinit.keras.LecunUniform and init.get_config() == model.layers[0].kernel_initializer.get_config()
    assert (array(loaded.layers[0].kernel) == array(model.layers[0].kernel)).all()


assert set(RANDOM) == set(kinit.keras.__all__)
for name in RANDOM:
    check_class(name)
check_streams()
check_seeds()
check_shapes()
check_saved_model()
print("all hold")
