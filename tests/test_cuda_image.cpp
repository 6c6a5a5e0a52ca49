/* What a library that was built where nvcc is hands to the driver. SPDX-License-Identifier: Apache-2.0 */
#include "kinit/cuda.h"
#include "stand_in.h"
#include "support.h"

namespace kinit_test {
namespace {

TEST(CudaImage, IsAFatBinary) {
  float value = 7;
  const kinit_tensor tensor = {&value, KINIT_F32, 0, nullptr, nullptr, nullptr, nullptr};
  const kinit_initializer i = kinit_initializer_default(KINIT_SCHEME_CONSTANT);
  ASSERT_EQ(kinit_cuda_initialize(&tensor, &i, {0, 0, 0}, nullptr), KINIT_OK);
  EXPECT_EQ(value, 0);
  uint32_t magic = 0;
  std::memcpy(&magic, stand_in()->image, sizeof magic);
  EXPECT_EQ(magic, 0xBA55ED50U); /* fatBinaryHeader of CUDA's fatbinary_section.h */
  EXPECT_EQ(reinterpret_cast<uintptr_t>(stand_in()->image) % 8, 0U);
}

}  // namespace
}  // namespace kinit_test
