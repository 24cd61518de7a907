/* SPDX-License-Identifier: MIT
 *
 * fiber.c - the sanitizers' side of a stack; see fiber.h.
 *
 * LeakSanitizer searches what it is told to search, and follows pointers into
 * blocks of the heap only.  So a stack is a root, or it would report what a
 * suspended body owns.  But a generator's stack points to the generator, and
 * one that was leaked while suspended would keep itself alive.  When the
 * process ends, its stack is therefore copied into a block that only the
 * generator points to, and is no root any more; a step afterwards takes that
 * back.
 */
#include "ctx/fiber.h"

#include "ctx/region.h"

#ifdef CD_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#include <stdlib.h>

/* Whom the running stack was entered from; ASan tells us its bounds. */
static _Thread_local struct cd_fiber *entered_from;

void cd_fiber_open(struct cd_fiber *f, void *lo, size_t size)
{
    /* An earlier user's frames may have ended without being unpoisoned. */
    __asan_unpoison_memory_region(lo, size);
    __lsan_register_root_region(lo, size);
    *f = (struct cd_fiber){.lo = lo, .size = size};
}

void cd_fiber_tie(struct cd_fiber *f, void **copy)
{
    f->sp = (const char *)f->lo + f->size; /* nothing is on it yet */
    f->copy = copy;
}

/* By words and without the sanitizer, as frames have poisoned gaps. */
__attribute__((no_sanitize_address)) static void *copy_words(const void *from,
                                                             size_t size)
{
    const volatile uintptr_t *words = from;
    uintptr_t *copy = malloc(size + 1); /* may be NULL, which hides a leak */
    for (size_t i = 0; copy && i < size / sizeof *copy; i++)
        copy[i] = words[i];
    return copy;
}

static void settle(struct cd_stack *s)
{
    struct cd_fiber *f = &s->fiber;
    if (!f->copy || *f->copy || !f->sp)
        return;
    uintptr_t end = (uintptr_t)f->lo + f->size;
    uintptr_t sp = (uintptr_t)f->sp & ~(sizeof(uintptr_t) - 1);
    *f->copy = copy_words((const void *)sp, end - sp);
    if (*f->copy)
        __lsan_unregister_root_region(f->lo, f->size);
}

/* Not where somebody may go on, or what is below him on the native stack may
 * hold something. */
static void settle_all(void)
{
    if (cd_stack_quiet())
        cd_region_each(settle);
}

/* Not a destructor: clang's LeakSanitizer comes before those. */
void cd_fiber_init(void)
{
    atexit(settle_all);
}

/* Somebody uses it even so. */
static void unsettle(struct cd_fiber *f)
{
    free(*f->copy);
    *f->copy = NULL;
    __lsan_register_root_region(f->lo, f->size);
}

void cd_fiber_close(struct cd_fiber *f)
{
    if (f->copy && *f->copy)
        unsettle(f);
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
    from->sp = __builtin_frame_address(0);
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
    self->sp = NULL;
    if (self->copy && *self->copy)
        unsettle(self);
}

#elif defined(CD_TSAN)

void cd_fiber_init(void)
{
}

void cd_fiber_open(struct cd_fiber *f, void *lo, size_t size)
{
    /* Destroyed only here, when the slot is used again: nobody can be on it
     * now, whereas whoever gave it back was. */
    if (f->tsan)
        __tsan_destroy_fiber(f->tsan);
    *f = (struct cd_fiber){.lo = lo, .size = size};
    f->tsan = __tsan_create_fiber(0);
}

void cd_fiber_tie(struct cd_fiber *f, void **copy)
{
    (void)f, (void)copy;
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
