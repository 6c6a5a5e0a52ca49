/* One weight matrix filled by all ranks of an MPI job, each its own rows, without a message between them.
 *
 * Shows that the library needs no agreement: a rank names the whole matrix and where its block begins. Afterwards rank
 * 0 gathers the blocks, fills the whole matrix itself and compares; that is the only communication, and for the proof.
 * SPDX-License-Identifier: Apache-2.0
 *
 * usage: mpirun -n RANKS example_mpi */
#include <kinit/kinit.h>
#include <mpi.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { ROWS = 1001, COLUMNS = 515 };

static const char name[] = "layers.0.mlp.up_proj.weight";

/* The first row of a rank's block: rows are shared out evenly, and some ranks have one more. */
static int first_row(int rank, int ranks) { return ROWS / ranks * rank + (rank < ROWS % ranks ? rank : ROWS % ranks); }

/* The block [first, first + rows) x [0, COLUMNS) of the matrix. */
static kinit_status fill(float *data, int first, int rows) {
  const int64_t whole[] = {ROWS, COLUMNS}, start[] = {first, 0}, shape[] = {rows, COLUMNS};
  const kinit_tensor block = {
      .data = data, .dtype = KINIT_F32, .ndim = 2, .shape = shape, .global_shape = whole, .start = start};
  return kinit_kaiming_normal(&block, 0, KINIT_FAN_IN, KINIT_RELU, kinit_stream_named(42, name));
}

/* Rank 0: true if the blocks of all ranks together are the whole matrix. */
static bool gather_and_compare(const float *block, int rank, int ranks) {
  static float gathered[ROWS * COLUMNS], expected[ROWS * COLUMNS];
  static int counts[ROWS + 1], places[ROWS + 1];
  for (int r = 0; r < ranks; r++) {
    places[r] = first_row(r, ranks) * COLUMNS;
    counts[r] = first_row(r + 1, ranks) * COLUMNS - places[r];
  }
  MPI_Gatherv(block, counts[rank], MPI_FLOAT, gathered, counts, places, MPI_FLOAT, 0, MPI_COMM_WORLD);
  if (rank != 0) return true;
  return fill(expected, 0, ROWS) == KINIT_OK && memcmp(gathered, expected, sizeof expected) == 0;
}

int main(int argc, char **argv) {
  int rank, ranks;
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  if (ranks > ROWS) MPI_Abort(MPI_COMM_WORLD, 1);

  const int first = first_row(rank, ranks), rows = first_row(rank + 1, ranks) - first;
  float *block = kinit_alloc(sizeof(float) * COLUMNS * (size_t)rows);
  if (block == NULL || fill(block, first, rows) != KINIT_OK) MPI_Abort(MPI_COMM_WORLD, 1);

  const bool equal = gather_and_compare(block, rank, ranks);
  if (rank == 0) printf("%d ranks: the blocks %s the whole matrix\n", ranks, equal ? "equal" : "DIFFER from");
  kinit_free(block);
  MPI_Finalize();
  return equal ? 0 : 1;
}
