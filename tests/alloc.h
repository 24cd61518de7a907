/* SPDX-License-Identifier: MIT
 *
 * alloc.h - memory that runs out: a whole program is run with its 1st, 2nd, 3rd
 * ... allocation failing (once, or that one and all that follow), until it gets
 * by without reaching the failure.  Each time it must end, with -ENOMEM or
 * well, with everything freed and errno kept.
 *
 * malloc and mmap of this executable stand before those of the C library,
 * which works nowhere but in glibc, and not under sanitizers and Valgrind:
 * SUITE_OF_ALLOCATIONS skips there, and what it runs stands between
 * #ifdef CAN_REFUSE and #endif.
 */
#ifndef CEDE_TESTS_ALLOC_H
#define CEDE_TESTS_ALLOC_H

#include "check.h"
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#if defined(__GLIBC__) && !FOR_ASAN && !FOR_TSAN
#define CAN_REFUSE 1
#endif

#define SUITE_OF_ALLOCATIONS(name)                                             \
    SUITE_UNLESS(name, ON_VALGRIND ? "allocations are Valgrind's here" : NULL)

#ifdef CAN_REFUSE

/* ---- memory that runs out -------------------------------------------- */

enum { LIVE = 4096 };

static int countdown; /* allocations until the one that fails */
static bool armed, lasting, reached;
static void *live[LIVE]; /* allocated while armed and not freed yet */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);
void __libc_free(void *p);

static atomic_flag busy = ATOMIC_FLAG_INIT; /* the program may have threads */

static void enter(void)
{
    while (atomic_flag_test_and_set(&busy))
        ;
}

static void leave(void)
{
    atomic_flag_clear(&busy);
}

static bool fails(void)
{
    enter();
    bool so = armed && --countdown <= 0 && (countdown == 0 || lasting);
    reached |= so;
    leave();
    if (so)
        errno = ENOMEM;
    return so;
}

/* In the first place that holds `from`, put `to`. */
static void replace(void *from, void *to)
{
    enter();
    for (int i = 0; i < LIVE; i++)
        if (live[i] == from) {
            live[i] = to;
            break;
        }
    leave();
}

static void *track(void *p)
{
    if (armed && p)
        replace(NULL, p);
    return p;
}

static void forget(void *p)
{
    if (p)
        replace(p, NULL);
}

void *malloc(size_t size)
{
    return fails() ? NULL : track(__libc_malloc(size));
}

void *calloc(size_t n, size_t size)
{
    return fails() ? NULL : track(__libc_calloc(n, size));
}

void *realloc(void *old, size_t size)
{
    if (fails())
        return NULL;
    forget(old);
    return track(__libc_realloc(old, size));
}

void free(void *p)
{
    forget(p);
    __libc_free(p);
}

void *mmap(void *at, size_t size, int access, int flags, int fd, off_t offset)
{
    if (fails())
        return MAP_FAILED;
    return (void *)syscall(SYS_mmap, at, size, access, flags, fd, offset);
}

#define CHECK_ENOMEM_OR(rc, want)                                              \
    do {                                                                       \
        int check_rc = (rc);                                                   \
        if (check_rc != -ENOMEM)                                               \
            CHECK_EQ(check_rc, want);                                          \
    } while (0)

/* ---- running them ---------------------------------------------------- */

struct program {
    int (*fn)(void);
    int nth;
    bool lasting, errno_too;
};

static void *run_armed(void *arg)
{
    struct program *p = arg;
    countdown = p->nth;
    lasting = p->lasting;
    errno = 33;
    armed = true;
    p->fn();
    armed = false;
    CHECK(!p->errno_too || errno == 33);
    return NULL;
}

static void quiet(void *ctx, const char *what, const char *task, int err,
                  const char *message)
{
    (void)ctx, (void)what, (void)task, (void)err, (void)message;
}

/* In a process of its own, so that nothing is warm; in a thread, so that what
 * a thread keeps is freed. */
static void run_program(void *arg)
{
    pthread_t t;
    cede_set_failure_hook(quiet, NULL);
    CHECK(pthread_create(&t, NULL, run_armed, arg) == 0);
    CHECK(pthread_join(t, NULL) == 0);
    for (int i = 0; i < LIVE; i++)
        if (live[i])
            check_fail_(__FILE__, __LINE__, "a block is not freed");
    printf("%s", reached ? "reached" : "passed");
}

static void sweep(int (*fn)(void), bool is_lasting, bool errno_too)
{
    for (int nth = 1; nth < 500; nth++) {
        struct program p = {fn, nth, is_lasting, errno_too};
        const struct output *o = OUTPUT_OF(run_program, &p);
        if (o->status != 0 || strstr(o->text, "reached") != o->text) {
            if (o->status == 0 && strcmp(o->text, "passed") == 0) {
                CHECK(nth > 3);
                return;
            }
            check_fail_(__FILE__, __LINE__,
                        "allocation %d failing: status %#x: %s %s", nth,
                        (unsigned)o->status, o->text, check_text_);
        }
    }
    check_fail_(__FILE__, __LINE__, "no end of allocations");
}

#endif

#endif
