/* neighbours [LOG2]: 2^LOG2 words (40 if not given) of streams whose seed, subsequence or name differs in one bit.
 * neighbours planted: the same with planted defects, each of which has to be found.
 *
 * Owns: what is counted, and its expected errors. SPDX-License-Identifier: Apache-2.0
 *
 * A base is a seed and a name of 32 characters. It has 256 neighbours: one for each bit of the seed, one for each bit
 * of the subsequence, one for each of the lower four bits of each character of the name. The first 2^20 words of each
 * neighbour are compared with those of the base, place by place; there are 2^(LOG2 - 28) bases. For each neighbour n =
 * 2^(LOG2 - 8) words are compared in all:
 *
 *   flips         how often bit j of the words differs: n / 2, standard deviation sqrt(n) / 2, for each of 32 bits
 *   correlation   of one word in 16, as numbers: 0, standard deviation 1 / sqrt(n / 16)
 *   equal words   at the same place, of all neighbours together: 2^(LOG2 - 32), Poisson
 *   equal blocks  of four words, of any two streams at any two places: none. Of all blocks those with 0 in the upper
 * bits of the first word are kept, 2^24 or, below 2^32 words, as many as 2^(LOG2 - 8), and sorted. Two streams that
 *                 overlap anywhere by more blocks than a few times 2^(LOG2 - 26) are found so
 *   near blocks   pairs of the kept blocks whose first bits are equal, so many bits that 8,192 pairs are expected,
 * Poisson
 *
 * A deviation whose probability times the number of such counts is below 1e-6 fails. */
#include <algorithm>
#include <array>
#include <atomic>
#include <cinttypes>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "kinit/kinit.h"

namespace {

constexpr int kNeighbours = 256, kBits = 32, kLogLength = 20, kLogChunk = 12;
constexpr size_t kChunk = size_t{1} << kLogChunk; /* words that are compared at a time */

using Fill = void (*)(uint32_t *words, size_t count, kinit_stream stream);
using Block = std::array<uint32_t, 4>;
typedef uint32_t Four __attribute__((vector_size(16)));

/* ---- Streams ----------------------------------------------------------------------------------------------------- */

void Draw(uint32_t *words, size_t count, kinit_stream stream) {
  if (kinit_fill_bits(words, count, stream) != KINIT_OK) std::abort();
}

/* The number three times, so that no two bases have a neighbour in common: their names differ in three bits or more. */
std::string NameOf(uint64_t base) {
  char name[72];
  (void)std::snprintf(name, sizeof name, "w.%08" PRIu64 ".%08" PRIu64 ".%08" PRIu64 ".ker", base, base, base);
  return name;
}

kinit_stream BaseStream(uint64_t base) { return kinit_stream_named(base, NameOf(base).c_str()); }

kinit_stream Neighbour(uint64_t base, unsigned index) {
  kinit_stream stream = BaseStream(base);
  if (index < 64) {
    stream.seed ^= uint64_t{1} << index;
  } else if (index < 128) {
    stream.subsequence ^= uint64_t{1} << (index - 64);
  } else {
    std::string name = NameOf(base);
    char &character = name[(index - 128) / 4];
    character = static_cast<char>(character ^ 1 << index % 4);
    stream = kinit_stream_named(base, name.c_str());
  }
  return stream;
}

/* ---- Counts ------------------------------------------------------------------------------------------------------ */

/* How often each bit is set: four counters for each, one bit of all of them in each plane. */
class BitCounter {
 public:
  void Add(Four x, Four y) {
    const Four either = x ^ y;
    Four carry = (x & y) | (either & planes_[0]);
    planes_[0] ^= either;
    for (size_t i = 1; i < kPlanes; i++) {
      const Four both = planes_[i] & carry;
      planes_[i] ^= carry;
      carry = both;
    }
  }
  void AppendTo(std::array<uint64_t, kBits> *counts) const {
    for (size_t i = 0; i < kPlanes; i++)
      for (size_t lane = 0; lane < 4; lane++)
        for (size_t bit = 0; bit < kBits; bit++) (*counts)[bit] += uint64_t{planes_[i][lane] >> bit & 1} << i;
  }

 private:
  static constexpr size_t kPlanes = kLogChunk - 1; /* counts up to kChunk / 4 */
  std::array<Four, kPlanes> planes_ = {};
};

struct Counts {
  std::array<std::array<uint64_t, kBits>, kNeighbours> flips = {};
  std::array<double, kNeighbours> products = {};
  uint64_t equal_words = 0;
  std::vector<Block> kept;

  void Add(const Counts &other) {
    for (size_t i = 0; i < kNeighbours; i++) {
      for (size_t bit = 0; bit < kBits; bit++) flips[i][bit] += other.flips[i][bit];
      products[i] += other.products[i];
    }
    equal_words += other.equal_words;
    kept.insert(kept.end(), other.kept.begin(), other.kept.end());
  }
};

double Centred(uint32_t word) { return (static_cast<double>(word) - 2147483647.5) * 0x1p-31; }

void Compare(const uint32_t *a, const uint32_t *b, size_t index, Counts *counts) {
  BitCounter flips;
  Four equal = {};
  for (size_t i = 0; i < kChunk; i += 8) {
    Four x[2], y[2];
    std::memcpy(x, a + i, sizeof x);
    std::memcpy(y, b + i, sizeof y);
    const Four first = x[0] ^ y[0], second = x[1] ^ y[1];
    flips.Add(first, second);
    equal -= Four(first == Four{}) + Four(second == Four{}); /* -1 where true */
  }
  flips.AppendTo(&counts->flips[index]);
  for (size_t lane = 0; lane < 4; lane++) counts->equal_words += equal[lane];
  for (size_t i = 0; i < kChunk; i += 16) counts->products[index] += Centred(a[i]) * Centred(b[i]);
}

void Keep(const uint32_t *words, int zeros, std::vector<Block> *kept) {
  for (size_t i = 0; i < kChunk; i += 4)
    if (words[i] >> (kBits - zeros) == 0) kept->push_back({words[i], words[i + 1], words[i + 2], words[i + 3]});
}

/* ---- The run ----------------------------------------------------------------------------------------------------- */

struct Plan {
  Fill fill;
  uint64_t bases;
  int log_kept; /* so many blocks are kept, about */
  int zeros;    /* in the upper bits of their first word */
};

Plan PlanOf(int log_words, Fill fill) {
  const int log_kept = std::min(24, log_words - 8);
  return {fill, uint64_t{1} << (log_words - 28), log_kept, log_words - 2 - log_kept};
}

void CountBase(const Plan &plan, uint64_t base, Counts *counts) {
  std::vector<uint32_t> own(kChunk), other(kChunk);
  for (uint64_t offset = 0; offset < uint64_t{1} << kLogLength; offset += kChunk) {
    kinit_stream stream = BaseStream(base);
    stream.offset = offset;
    plan.fill(own.data(), kChunk, stream);
    Keep(own.data(), plan.zeros, &counts->kept);
    for (unsigned i = 0; i < kNeighbours; i++) {
      stream = Neighbour(base, i);
      stream.offset = offset;
      plan.fill(other.data(), kChunk, stream);
      Compare(own.data(), other.data(), i, counts);
      Keep(other.data(), plan.zeros, &counts->kept);
    }
  }
}

Counts CountAll(const Plan &plan) {
  Counts all;
  std::mutex mutex;
  std::atomic<uint64_t> next{0};
  const auto work = [&] {
    Counts own;
    for (uint64_t base = next++; base < plan.bases; base = next++) CountBase(plan, base, &own);
    const std::lock_guard<std::mutex> lock(mutex);
    all.Add(own);
  };
  std::vector<std::thread> threads;
  for (int i = kinit_num_threads(); i > 1; i--) threads.emplace_back(work);
  work();
  for (std::thread &thread : threads) thread.join();
  return all;
}

/* ---- The verdict ------------------------------------------------------------------------------------------------- */

constexpr double kTests = kNeighbours * (kBits + 1) + 2;

bool Likely(double deviation) { return std::erfc(std::fabs(deviation) / std::sqrt(2.0)) * kTests >= 1e-6; }

/* Of a Poisson variable: the probability of as many or more, or as many or fewer, whichever is less. */
bool LikelyPoisson(uint64_t count, double expected) {
  if (expected > 100) return Likely((static_cast<double>(count) - expected) / std::sqrt(expected));
  double at_most = 0, below = 0, term = std::exp(-expected);
  for (uint64_t i = 0; i <= count; i++) {
    below = at_most;
    at_most += term;
    term *= expected / static_cast<double>(i + 1);
  }
  return std::min(at_most, 1 - below) * kTests >= 1e-6;
}

bool JudgeFlips(const Counts &counts, double n) {
  double worst = 0;
  for (const auto &bits : counts.flips)
    for (const uint64_t count : bits) {
      const double deviation = (static_cast<double>(count) - n / 2) / (std::sqrt(n) / 2);
      if (std::fabs(deviation) > std::fabs(worst)) worst = deviation;
    }
  std::printf("flips: 1/2 within %.2g, standard error %.2g, %d rates; the worst by %.2f standard errors\n",
              std::fabs(worst) * 0.5 / std::sqrt(n), 0.5 / std::sqrt(n), kNeighbours * kBits, worst);
  return Likely(worst);
}

/* The mean square of a centred word is 1/3. */
bool JudgeCorrelations(const Counts &counts, double n) {
  double worst = 0;
  for (const double product : counts.products) {
    const double deviation = 3 * product / std::sqrt(n);
    if (std::fabs(deviation) > std::fabs(worst)) worst = deviation;
  }
  std::printf("correlation: 0 within %.2g, standard error %.2g, %d of them; the worst by %.2f standard errors\n",
              std::fabs(worst) / std::sqrt(n), 1 / std::sqrt(n), kNeighbours, worst);
  return Likely(worst);
}

bool JudgeEqualWords(const Counts &counts, double words) {
  const double expected = words * 0x1p-32;
  std::printf("equal words at the same place: %" PRIu64 ", expected %.3g, standard error %.2g\n", counts.equal_words,
              expected, std::sqrt(expected));
  return LikelyPoisson(counts.equal_words, expected);
}

/* The first `bits` bits of a block behind its zeros. */
uint64_t Prefix(const Block &block, int zeros, int bits) {
  const uint64_t both = uint64_t{block[0]} << kBits | block[1];
  return both << zeros >> (64 - bits);
}

bool JudgeBlocks(std::vector<Block> *kept, const Plan &plan) {
  const int bits = 2 * plan.log_kept - 14; /* 2^13 pairs are expected */
  uint64_t equal = 0, near = 0;
  std::sort(kept->begin(), kept->end());
  for (size_t i = 0; i < kept->size(); i++) {
    const uint64_t prefix = Prefix((*kept)[i], plan.zeros, bits);
    for (size_t j = i + 1; j < kept->size() && Prefix((*kept)[j], plan.zeros, bits) == prefix; j++) near++;
    equal += i > 0 && (*kept)[i] == (*kept)[i - 1];
  }
  const double count = static_cast<double>(kept->size()), expected = std::ldexp(count * (count - 1) / 2, -bits);
  std::printf("kept blocks: %zu; equal %" PRIu64 ", expected 0; equal in %d bits %" PRIu64
              " pairs, expected %.0f, standard error %.0f\n",
              kept->size(), equal, bits, near, expected, std::sqrt(expected));
  return equal == 0 && LikelyPoisson(near, expected);
}

bool Check(int log_words, Fill fill) {
  const Plan plan = PlanOf(log_words, fill);
  Counts counts = CountAll(plan);
  const double n = std::ldexp(1, log_words - 8);
  const bool flips = JudgeFlips(counts, n), correlations = JudgeCorrelations(counts, n / 16);
  const bool words = JudgeEqualWords(counts, n * kNeighbours), blocks = JudgeBlocks(&counts.kept, plan);
  std::printf("tried: 2^%d words of %" PRIu64 " bases and their %d neighbours:%s%s%s%s%s\n", log_words, plan.bases,
              kNeighbours, flips ? "" : " flips", correlations ? "" : " correlation", words ? "" : " equal words",
              blocks ? "" : " blocks", flips && correlations && words && blocks ? " as expected" : " NOT as expected");
  return flips && correlations && words && blocks;
}

/* ---- Planted defects --------------------------------------------------------------------------------------------- */

void SeedLosesABit(uint32_t *words, size_t count, kinit_stream stream) {
  stream.seed &= ~(uint64_t{1} << 63);
  Draw(words, count, stream);
}

void SubsequencesOverlap(uint32_t *words, size_t count, kinit_stream stream) {
  stream.offset += (stream.subsequence >> 40 & 1) * 5 * kChunk;
  stream.subsequence &= ~(uint64_t{1} << 40);
  Draw(words, count, stream);
}

void AWordIsConstant(uint32_t *words, size_t count, kinit_stream stream) {
  Draw(words, count, stream);
  if (stream.offset % (16 * kChunk) == 0) words[5] = 0x6627E8D5;
}

void ABitHardlyFlips(uint32_t *words, size_t count, kinit_stream stream) {
  Draw(words, count, stream);
  for (size_t i = 0; i < count; i += 32) words[i] &= ~uint32_t{8};
}

bool FindsDefects() {
  bool all = true;
  for (const Fill defect : {SeedLosesABit, SubsequencesOverlap, AWordIsConstant, ABitHardlyFlips})
    all = !Check(28, defect) && all;
  return all;
}

}  // namespace

int main(int argc, char **argv) {
  if (argc == 2 && std::strcmp(argv[1], "planted") == 0) return FindsDefects() ? 0 : 1;
  const int log_words = argc == 2 ? std::atoi(argv[1]) : 40;
  if (argc > 2 || log_words < 28 || log_words > 48) {
    std::fprintf(stderr, "usage: neighbours [28 to 48 | planted]\n");
    return 2;
  }
  return Check(log_words, Draw) ? 0 : 1;
}
