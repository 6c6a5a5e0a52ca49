/* The list of rooms, best first, and the choice among them.
 *
 * Owns: the only pointer to the active room, and the public ISA functions. SPDX-License-Identifier: Apache-2.0 */
#include "dispatch.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "cpu.h"
#include "kinit/kinit.h"

_Static_assert((int)KINIT_F32 == KINIT_KERNEL_F32 && (int)KINIT_F64 == KINIT_KERNEL_F64 &&
                   (int)KINIT_F16 == KINIT_KERNEL_F16 && (int)KINIT_BF16 == KINIT_KERNEL_BF16,
               "a dtype is an index of the tables");

#if KINIT_HAVE_AVX512
extern const kinit_room kinit_room_avx512;
#endif
#if KINIT_HAVE_AVX2
extern const kinit_room kinit_room_avx2;
#endif
#if KINIT_HAVE_NEON
extern const kinit_room kinit_room_neon;
#endif
#if KINIT_HAVE_SCALAR_FMA
extern const kinit_room kinit_room_scalar_fma;
#endif
extern const kinit_room kinit_room_scalar;

typedef struct entry {
  const kinit_room *room;
  unsigned required; /* bits of kinit_cpu_features */
} entry;

/* Rooms of one name are alternatives: the first that the machine runs stands for the name. */
static const entry rooms[] = {
#if KINIT_HAVE_AVX512
    {&kinit_room_avx512, KINIT_CPU_AVX512},
#endif
#if KINIT_HAVE_AVX2
    {&kinit_room_avx2, KINIT_CPU_AVX2},
#endif
#if KINIT_HAVE_NEON
    {&kinit_room_neon, KINIT_CPU_NEON},
#endif
#if KINIT_HAVE_SCALAR_FMA
    {&kinit_room_scalar_fma, KINIT_CPU_FMA},
#endif
    {&kinit_room_scalar, 0},
};
enum { ROOMS = sizeof rooms / sizeof rooms[0] };

static _Atomic(const kinit_room *) active;

/* The supported room with this index among the names, or NULL. */
static const kinit_room *supported_room(int index) {
  const unsigned features = kinit_cpu_features();
  const char *last = "";
  for (int i = 0; i < ROOMS; i++) {
    if ((rooms[i].required & ~features) != 0 || strcmp(rooms[i].room->name, last) == 0) continue;
    last = rooms[i].room->name;
    if (index-- == 0) return rooms[i].room;
  }
  return NULL;
}

static const kinit_room *find_room(const char *name) {
  const kinit_room *room;
  for (int i = 0; (room = supported_room(i)) != NULL; i++)
    if (strcmp(room->name, name) == 0) return room;
  return NULL;
}

static const kinit_room *default_room(void) {
  const char *name = getenv("KINIT_ISA");
  const kinit_room *room = name != NULL ? find_room(name) : NULL;
  return room != NULL ? room : supported_room(0);
}

/* Threads that come here first at the same time compute the same room; a choice made meanwhile is kept. */
const kinit_room *kinit_active_room(void) {
  const kinit_room *room = atomic_load_explicit(&active, memory_order_acquire);
  if (room != NULL) return room;
  const kinit_room *chosen = default_room();
  return atomic_compare_exchange_strong(&active, &room, chosen) ? chosen : room;
}

int kinit_isa_count(void) {
  int count = 0;
  while (supported_room(count) != NULL) count++;
  return count;
}

const char *kinit_isa_name(int index) {
  const kinit_room *room = index >= 0 ? supported_room(index) : NULL;
  return room != NULL ? room->name : NULL;
}

const char *kinit_isa(void) { return kinit_active_room()->name; }

kinit_status kinit_set_isa(const char *name) {
  const kinit_room *room = name != NULL ? find_room(name) : default_room();
  if (room == NULL) return KINIT_ERROR_ISA;
  atomic_store_explicit(&active, room, memory_order_release);
  return KINIT_OK;
}
