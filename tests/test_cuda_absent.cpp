/* kinit/cuda.h where the file that should be the CUDA driver is none. SPDX-License-Identifier: Apache-2.0 */
#include "cuda/driver.h"
#include "kinit/cuda.h"
#include "support.h"

const unsigned char kinit_cuda_image[] = {'i', 'm', 'a', 'g', 'e'};

namespace kinit_test {
namespace {

TEST(CudaAbsent, IsSaidByName) {
  float value = 7;
  const kinit_tensor tensor = {&value, KINIT_F32, 0, nullptr, nullptr, nullptr, nullptr};
  const kinit_initializer i = kinit_initializer_default(KINIT_SCHEME_NORMAL);
  EXPECT_EQ(kinit_cuda_available(), 0);
  EXPECT_EQ(kinit_cuda_initialize(&tensor, &i, {1, 2, 3}, nullptr), KINIT_ERROR_CUDA_ABSENT);
  EXPECT_EQ(value, 7);
}

}  // namespace
}  // namespace kinit_test
