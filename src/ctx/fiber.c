/* SPDX-License-Identifier: MIT
 *
 * fiber.c - the sanitizers' side of a stack; see fiber.h.
 */
#include "ctx/fiber.h"

#ifdef CD_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>

/* Whom the running stack was entered from; ASan tells us its bounds. */
static _Thread_local struct cd_fiber *entered_from;

void cd_fiber_open(struct cd_fiber *f, void *lo, size_t size)
{
    /* An earlier user's frames may have ended without being unpoisoned. */
    __asan_unpoison_memory_region(lo, size);
    __lsan_register_root_region(lo, size);
    *f = (struct cd_fiber){.lo = lo, .size = size};
}

void cd_fiber_close(struct cd_fiber *f)
{
    __lsan_unregister_root_region(f->lo, f->size);
}

void cd_fiber_forget(struct cd_fiber *f)
{
    (void)f;
}

void cd_fiber_adopt(struct cd_fiber *f)
{
    *f = (struct cd_fiber){0};
}

void cd_fiber_start(struct cd_fiber *from, struct cd_fiber *to)
{
    entered_from = from;
    __sanitizer_start_switch_fiber(&from->fake, to->lo, to->size);
}

void cd_fiber_start_last(struct cd_fiber *from, struct cd_fiber *to)
{
    entered_from = from;
    __sanitizer_start_switch_fiber(NULL, to->lo, to->size);
}

void cd_fiber_end(struct cd_fiber *self)
{
    const void *lo;
    size_t size;
    __sanitizer_finish_switch_fiber(self->fake, &lo, &size);
    if (!entered_from->lo) {
        entered_from->lo = lo;
        entered_from->size = size;
    }
}

#elif defined(CD_TSAN)

void cd_fiber_open(struct cd_fiber *f, void *lo, size_t size)
{
    /* Destroyed only here, when the slot is used again: nobody can be on it
     * now, whereas whoever gave it back was. */
    if (f->tsan)
        __tsan_destroy_fiber(f->tsan);
    *f = (struct cd_fiber){.lo = lo, .size = size};
    f->tsan = __tsan_create_fiber(0);
}

void cd_fiber_close(struct cd_fiber *f)
{
    (void)f;
}

void cd_fiber_forget(struct cd_fiber *f)
{
    if (f->tsan)
        __tsan_destroy_fiber(f->tsan);
    f->tsan = NULL;
}

void cd_fiber_adopt(struct cd_fiber *f)
{
    *f = (struct cd_fiber){0};
    f->tsan = __tsan_get_current_fiber();
}

#else
typedef int cd_fiber_unused; /* a file must declare something */
#endif
