/* SPDX-License-Identifier: MIT
 *
 * fiber.h - telling the sanitizers which stack we run on.
 *
 * AddressSanitizer must know the bounds of the stack it is about to find
 * itself on, ThreadSanitizer wants an object for each.  Every stack has one
 * struct cd_fiber; a thread's own has one too, whose bounds ASan reports to
 * us when we first leave it.  Around each switch:
 *
 *     cd_fiber_start(from, to);    the last thing on the old stack
 *     ...switch...
 *     cd_fiber_end(self);          the first thing on the new one
 *
 * Without a sanitizer all of this is nothing.  This is the only place where
 * they are told apart.
 */
#ifndef CD_CTX_FIBER_H
#define CD_CTX_FIBER_H

#include "base/check.h"

#if defined(CD_ASAN) || defined(CD_TSAN)
#define CD_FIBERS 1
#endif

#ifdef CD_FIBERS

struct cd_fiber {
    void *fake;     /* ASan's fake stack while we are away */
    const void *lo; /* bounds; unknown (NULL) until a thread's stack is left */
    size_t size;
    void *tsan; /* TSan's fiber */
    /* For LeakSanitizer.  sp is NULL while somebody runs here; copy is where
     * a block of the heap keeps a copy of this stack, NULL: it has none. */
    const void *sp;
    void **copy;
};

/* Once, before all others. */
void cd_fiber_init(void);
/* A stack is taken into use or given back. */
void cd_fiber_open(struct cd_fiber *f, void *lo, size_t size);
void cd_fiber_close(struct cd_fiber *f);
/* The stack belongs to a block of the heap, and so does *copy. */
void cd_fiber_tie(struct cd_fiber *f, void **copy);
/* A closed one's memory goes. */
void cd_fiber_forget(struct cd_fiber *f);
/* f stands for the calling thread's own stack. */
void cd_fiber_adopt(struct cd_fiber *f);

#ifdef CD_TSAN
#include <sanitizer/tsan_interface.h>

/* Inlined, because TSan counts calls and returns by fiber: a function that
 * was called on one and returns on another would upset it. */
static inline __attribute__((always_inline)) void
cd_fiber_start(struct cd_fiber *from, struct cd_fiber *to)
{
    (void)from;
    __tsan_switch_to_fiber(to->tsan, 0);
}

static inline __attribute__((always_inline)) void
cd_fiber_start_last(struct cd_fiber *from, struct cd_fiber *to)
{
    cd_fiber_start(from, to);
}

static inline void cd_fiber_end(struct cd_fiber *self)
{
    (void)self;
}
#else
void cd_fiber_start(struct cd_fiber *from, struct cd_fiber *to);
/* The same, never to come back to `from`. */
void cd_fiber_start_last(struct cd_fiber *from, struct cd_fiber *to);
void cd_fiber_end(struct cd_fiber *self);
#endif

#endif
#endif
