/* Sends a signal forwards and a gradient backwards through a network of 50 layers, and prints how their variances
 * change.
 *
 * Shows what docs/derivation.md proves: Kaiming initialization with fan_in keeps the variance of the signal, with
 * fan_out that of the gradient; Xavier and a fixed standard deviation let them die under ReLU. The layers widen from
 * 512 units to 1024, because fan_in and fan_out would be equal in layers of one width. SPDX-License-Identifier:
 * Apache-2.0
 *
 * usage: variance          prints a table
 *        variance --csv    prints every layer, for scripts/plot-variance */
#include <kinit/kinit.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LAYERS = 50, NARROW = 512, WIDE = 1024, NETWORKS = 8 };

static const double slope = 0.2; /* of leaky ReLU */

typedef enum { RELU, LEAKY_RELU, TANH, ACTIVATIONS } activation;
typedef enum { KAIMING_FAN_IN, KAIMING_FAN_OUT, XAVIER, FIXED, SCHEMES } scheme;

static const char *const activation_names[ACTIVATIONS] = {"relu", "leaky_relu", "tanh"};
static const char *const scheme_names[SCHEMES] = {"kaiming fan_in", "kaiming fan_out", "xavier", "fixed 0.01"};

/* Variances relative to where the signal enters: layer 0 forwards, the last layer backwards. */
typedef struct {
  double forward[LAYERS], backward[LAYERS];
} profile;

static float *weights[LAYERS];           /* of layer l: [width(l + 1), width(l)] */
static double sums[LAYERS][WIDE];        /* of layer l, before the activation */
static double signal[WIDE], delta[WIDE]; /* between layers */

static int width(int layer) { return NARROW + (WIDE - NARROW) * layer / LAYERS; }

/* ---- The network ------------------------------------------------------------------------------------------------- */

static double activate(activation f, double x) {
  if (f == TANH) return tanh(x);
  return x > 0 ? x : x * (f == RELU ? 0 : slope);
}

static double derivative(activation f, double x) {
  if (f == TANH) return 1 - tanh(x) * tanh(x);
  return x > 0 ? 1 : (f == RELU ? 0 : slope);
}

static kinit_status fill(scheme s, activation f, const kinit_tensor *tensor, kinit_stream stream) {
  static const kinit_nonlinearity nonlinearities[ACTIVATIONS] = {KINIT_RELU, KINIT_LEAKY_RELU, KINIT_TANH};
  switch (s) {
    case KAIMING_FAN_IN:
      return kinit_kaiming_normal(tensor, slope, KINIT_FAN_IN, nonlinearities[f], stream);
    case KAIMING_FAN_OUT:
      return kinit_kaiming_normal(tensor, slope, KINIT_FAN_OUT, nonlinearities[f], stream);
    case XAVIER:
      return kinit_xavier_normal(tensor, 1, stream);
    default:
      return kinit_normal(tensor, 0, 0.01, stream);
  }
}

static void require(kinit_status status) {
  if (status == KINIT_OK) return;
  fprintf(stderr, "variance: %s\n", kinit_status_message(status));
  exit(1);
}

static void initialize(scheme s, activation f, uint64_t seed) {
  for (int l = 0; l < LAYERS; l++) {
    char name[32];
    snprintf(name, sizeof name, "layers.%d.weight", l);
    const int64_t shape[2] = {width(l + 1), width(l)};
    const kinit_tensor tensor = {.data = weights[l], .dtype = KINIT_F32, .ndim = 2, .shape = shape};
    require(fill(s, f, &tensor, kinit_stream_named(seed, name)));
  }
}

/* y = W x, eight sums side by side */
static void multiply(const float *w, int rows, int columns, const double *x, double *y) {
  for (int i = 0; i < rows; i++, w += columns) {
    double part[8] = {0};
    int j = 0;
    for (; j + 8 <= columns; j += 8)
      for (int k = 0; k < 8; k++) part[k] += (double)w[j + k] * x[j + k];
    for (; j < columns; j++) part[0] += (double)w[j] * x[j];
    y[i] = ((part[0] + part[1]) + (part[2] + part[3])) + ((part[4] + part[5]) + (part[6] + part[7]));
  }
}

/* x = W^T y */
static void multiply_transposed(const float *w, int rows, int columns, const double *y, double *x) {
  for (int j = 0; j < columns; j++) x[j] = 0;
  for (int i = 0; i < rows; i++, w += columns)
    for (int j = 0; j < columns; j++) x[j] += (double)w[j] * y[i];
}

static double mean_square(const double *x, int count) {
  double sum = 0;
  for (int i = 0; i < count; i++) sum += x[i] * x[i];
  return sum / count;
}

static void send_forward(activation f, double *variance) {
  for (int l = 0; l < LAYERS; l++) {
    multiply(weights[l], width(l + 1), width(l), signal, sums[l]);
    variance[l] = mean_square(sums[l], width(l + 1));
    for (int i = 0; i < width(l + 1); i++) signal[i] = activate(f, sums[l][i]);
  }
}

/* delta is the gradient with respect to the sums of a layer. */
static void send_backward(activation f, double *variance) {
  for (int l = LAYERS - 1; l >= 0; l--) {
    variance[l] = mean_square(delta, width(l + 1));
    multiply_transposed(weights[l], width(l + 1), width(l), delta, signal);
    for (int i = 0; l > 0 && i < width(l); i++) delta[i] = signal[i] * derivative(f, sums[l - 1][i]);
  }
}

/* ---- The measurement --------------------------------------------------------------------------------------------- */

static profile measure_network(scheme s, activation f, uint64_t seed) {
  profile p;
  initialize(s, f, seed);
  require(kinit_fill_normal(signal, KINIT_F64, NARROW, 0, 1, kinit_stream_named(seed, "signal")));
  require(kinit_fill_normal(delta, KINIT_F64, WIDE, 0, 1, kinit_stream_named(seed, "gradient")));
  send_forward(f, p.forward);
  send_backward(f, p.backward);
  return p;
}

/* The mean over several networks, because the variance of one fluctuates: see docs/derivation.md. */
static profile measure(scheme s, activation f) {
  profile mean = {{0}, {0}};
  for (uint64_t seed = 0; seed < NETWORKS; seed++) {
    const profile p = measure_network(s, f, seed);
    for (int l = 0; l < LAYERS; l++) {
      mean.forward[l] += p.forward[l] / p.forward[0] / NETWORKS;
      mean.backward[l] += p.backward[l] / p.backward[LAYERS - 1] / NETWORKS;
    }
  }
  return mean;
}

/* What the scheme gives for the whole network: a product over its layers of fan * stddev^2 * E[slope^2]. For tanh there
 * is no such product. */
static double expected(scheme s, activation f, bool forward) {
  const double square = f == RELU ? 0.5 : (1 + slope * slope) / 2;
  double ratio = 1;
  for (int l = 1; l < LAYERS; l++) {
    const double in = width(l), out = width(l + 1), fan = s == KAIMING_FAN_IN ? in : out;
    const double variance = s == FIXED ? 1e-4 : s == XAVIER ? 2 / (in + out) : 1 / (square * fan);
    ratio *= (forward ? in : out) * variance * square;
  }
  return ratio;
}

static void print_row(scheme s, activation f, const profile *p) {
  printf("%-11s %-16s", activation_names[f], scheme_names[s]);
  if (f == TANH)
    printf("  %10.3g  %10s  %10.3g  %10s\n", p->forward[LAYERS - 1], "-", p->backward[0], "-");
  else
    printf("  %10.3g  %10.3g  %10.3g  %10.3g\n", p->forward[LAYERS - 1], expected(s, f, true), p->backward[0],
           expected(s, f, false));
}

static void print_layers(scheme s, activation f, const profile *p) {
  for (int l = 0; l < LAYERS; l++)
    printf("%s,%s,%d,%.6g,%.6g\n", activation_names[f], scheme_names[s], l + 1, p->forward[l], p->backward[l]);
}

int main(int argc, char **argv) {
  const bool csv = argc == 2 && strcmp(argv[1], "--csv") == 0;
  for (int l = 0; l < LAYERS; l++) {
    weights[l] = kinit_alloc((size_t)width(l + 1) * (size_t)width(l) * sizeof(float));
    if (weights[l] == NULL) return 1;
  }
  if (csv)
    printf("activation,scheme,layer,forward,backward\n");
  else
    printf("%d layers, %d to %d units, mean of %d networks\n%-28s  %22s  %22s\n%-28s  %10s  %10s  %10s  %10s\n", LAYERS,
           NARROW, WIDE, NETWORKS, "", "variance of the signal", "of the gradient", "", "last/first", "expected",
           "first/last", "expected");
  for (int f = 0; f < ACTIVATIONS; f++)
    for (int s = 0; s < SCHEMES; s++) {
      const profile p = measure((scheme)s, (activation)f);
      if (csv)
        print_layers((scheme)s, (activation)f, &p);
      else
        print_row((scheme)s, (activation)f, &p);
    }
  for (int l = 0; l < LAYERS; l++) kinit_free(weights[l]);
  return 0;
}
