/* SPDX-License-Identifier: MIT
 *
 * threads.h - what tests do on other threads.  Include check.h first.
 */
#ifndef CEDE_TESTS_THREADS_H
#define CEDE_TESTS_THREADS_H

#include <pthread.h>

static inline pthread_t in_thread(void *(*fn)(void *), void *arg)
{
    pthread_t t;
    CHECK(pthread_create(&t, NULL, fn, arg) == 0);
    return t;
}

static inline intptr_t ends_with(pthread_t t)
{
    void *result;
    CHECK(pthread_join(t, &result) == 0);
    return (intptr_t)result;
}

/* From beginning to end, while the caller's loop does nothing: so what it posts
 * is on its way when this returns. */
static inline intptr_t by_thread(void *(*fn)(void *), void *arg)
{
    return ends_with(in_thread(fn, arg));
}

static inline void *resolves_in_thread(void *f)
{
    return (void *)(intptr_t)cede_resolve(f, 7);
}

static inline void *resolves_and_frees_in_thread(void *f)
{
    int rc = cede_resolve(f, 7);
    cede_future_free(f);
    return (void *)(intptr_t)rc;
}

static inline void *frees_in_thread(void *f)
{
    cede_future_free(f);
    return NULL;
}

static inline void *fails_in_thread(void *f)
{
    (void)cede_fail(-EIO, "the thread's text");
    return (void *)(intptr_t)cede_resolve(f, -EIO);
}

#endif
