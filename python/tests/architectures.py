"""Small models of real libraries, by the names of their architectures. SPDX-License-Identifier: Apache-2.0

timm imports torchvision, for its data sets, and torchvision has to be built for the very build of torch. Models use
nothing of it but the name of one class, so where it is missing a module of empty classes stands in.
"""

import importlib.machinery
import importlib.util
import os
import sys
import types

os.environ["HF_HUB_OFFLINE"] = "1"


class _Kind(type):
    """A class of torchvision whose members are names only."""

    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return name


class _Empty(types.ModuleType):
    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _Kind(name, (), {})


class _Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] == "torchvision":
            return importlib.machinery.ModuleSpec(name, _Finder, is_package=True)
        return None

    @staticmethod
    def create_module(spec):
        return _Empty(spec.name)

    @staticmethod
    def exec_module(module):
        pass


def import_timm():
    if importlib.util.find_spec("torchvision") is None:
        sys.meta_path.append(_Finder)
    import timm

    return timm


def torchtitan_llama():
    """Its expert parallelism imports triton, which is for GPUs; the model does without."""
    import torch

    sys.modules.setdefault("torchtitan.distributed.minimal_async_ep", _Empty("torchtitan.distributed.minimal_async_ep"))
    from torchtitan.models.llama3 import llama3_configs

    config = llama3_configs["debugmodel"]("flex")
    config.layers = config.layers[:1]
    model = config.build()
    if not model.tok_embeddings.weight.is_meta:
        model.init_states(buffer_device=torch.device("cpu"))
    return model


def gpt2():
    from transformers import GPT2Config, GPT2LMHeadModel

    return GPT2LMHeadModel(GPT2Config(n_layer=2, n_embd=48, n_head=4, vocab_size=90, n_positions=32))


_DECODER = dict(
    vocab_size=90, hidden_size=48, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, max_position_embeddings=32,
)  # fmt: skip
_ENCODER = dict(
    hidden_size=48, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
)  # fmt: skip
_SPECIAL = dict(bos_token_id=0, eos_token_id=1, pad_token_id=2)


def llama():
    from transformers import LlamaConfig, LlamaForCausalLM

    return LlamaForCausalLM(LlamaConfig(**_DECODER))


def qwen3():
    from transformers import Qwen3Config, Qwen3ForCausalLM

    return Qwen3ForCausalLM(Qwen3Config(**_DECODER, head_dim=12, tie_word_embeddings=True))


def mixtral():
    from transformers import MixtralConfig, MixtralForCausalLM

    return MixtralForCausalLM(MixtralConfig(**_DECODER, num_local_experts=3))


def t5():
    from transformers import T5Config, T5ForConditionalGeneration

    return T5ForConditionalGeneration(
        T5Config(vocab_size=90, d_model=48, d_kv=12, d_ff=64, num_layers=2, num_heads=4, decoder_start_token_id=0)
    )


def bert():
    from transformers import BertConfig, BertForMaskedLM

    return BertForMaskedLM(BertConfig(**_ENCODER, vocab_size=90, max_position_embeddings=32))


def vit():
    from transformers import ViTConfig, ViTForImageClassification

    return ViTForImageClassification(ViTConfig(**_ENCODER, image_size=32, patch_size=8))


def clip():
    from transformers import CLIPConfig, CLIPModel

    text = dict(_ENCODER, **_SPECIAL, vocab_size=90, max_position_embeddings=16)
    vision = dict(_ENCODER, image_size=32, patch_size=8)
    return CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=24))


def whisper():
    from transformers import WhisperConfig, WhisperForConditionalGeneration

    sizes = dict(d_model=48, encoder_layers=1, decoder_layers=1, encoder_attention_heads=4, decoder_attention_heads=4)
    sizes.update(encoder_ffn_dim=64, decoder_ffn_dim=64, num_mel_bins=16, vocab_size=90)
    sizes.update(max_source_positions=24, max_target_positions=16, decoder_start_token_id=0)
    return WhisperForConditionalGeneration(WhisperConfig(**sizes, **_SPECIAL))


def mamba():
    from transformers import MambaConfig, MambaForCausalLM

    return MambaForCausalLM(MambaConfig(vocab_size=90, hidden_size=48, state_size=8, num_hidden_layers=2))


def resnet():
    from transformers import ResNetConfig, ResNetForImageClassification

    return ResNetForImageClassification(ResNetConfig(embedding_size=16, hidden_sizes=[16, 32], depths=[1, 1]))


def unet():
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(
        sample_size=16, block_out_channels=(32, 64), layers_per_block=1, cross_attention_dim=24,
        attention_head_dim=8, down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
    )  # fmt: skip


def timm_vit():
    import_timm()
    from timm.models.vision_transformer import VisionTransformer

    return VisionTransformer(img_size=32, patch_size=8, embed_dim=48, depth=2, num_heads=4, num_classes=10)


def timm_resnet():
    import_timm()
    from timm.models.resnet import BasicBlock, ResNet

    return ResNet(BasicBlock, [1, 1, 1, 1], num_classes=10, channels=(8, 16, 16, 32))


def timm_convnext():
    timm = import_timm()
    return timm.create_model("convnext_atto", depths=(1, 1, 1, 1), dims=(16, 16, 32, 32), num_classes=10)


ALL = [gpt2, llama, qwen3, mixtral, t5, bert, vit, clip, whisper, mamba, resnet, unet, timm_vit, timm_resnet, timm_convnext]
ALL += [torchtitan_llama]
