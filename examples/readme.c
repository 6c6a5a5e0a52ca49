#include <kinit/kinit.h>
#include <stdio.h>

int main(void) {
  const int64_t shape[] = {4096, 4096}; /* [fan_out, fan_in] */
  float *weight = kinit_alloc(sizeof(float) * 4096 * 4096);
  const kinit_tensor tensor = {.data = weight, .dtype = KINIT_F32, .ndim = 2, .shape = shape};
  const kinit_stream stream = kinit_stream_named(42, "layers.0.mlp.up_proj.weight");
  const kinit_status status = kinit_kaiming_normal(&tensor, 0.0, KINIT_FAN_IN, KINIT_RELU, stream);
  if (status == KINIT_OK) printf("%s: %.9g %.9g ...\n", kinit_isa(), weight[0], weight[1]);
  if (status != KINIT_OK) fprintf(stderr, "kinit: %s\n", kinit_status_message(status));
  kinit_free(weight);
  return (int)status;
}
