/* SPDX-License-Identifier: MIT
 *
 * managers.c - ready-made managers that need no system: nothing, closing,
 * suppressing; and a mutex of POSIX threads.
 */
#include "context/context.h"

#include <pthread.h>

const cede_manager cede_manager_null = {NULL, NULL};

/* ---- closing ----------------------------------------------------------- */

static int closing_enter(void *self)
{
    const cede_closing *c = self;
    return c->close ? 0 : cede_fail(-EINVAL, "cede_closing without a function");
}

static int closing_exit(void *self, int rc)
{
    const cede_closing *c = self;
    return cd_gave_back(rc, c->close(c->ptr), "closing failed after its block");
}

const cede_manager cede_manager_closing = {closing_enter, closing_exit};

/* ---- suppressing ------------------------------------------------------- */

static int suppress_exit(void *self, int rc)
{
    const cede_suppression *s = self;
    for (size_t i = 0; rc < 0 && i < s->n; i++)
        if (s->codes[i] == rc)
            return 0;
    return rc;
}

const cede_manager cede_manager_suppress = {NULL, suppress_exit};

/* ---- mutex ------------------------------------------------------------- */

static int pthread_mutex_enter(void *mutex)
{
    int err = pthread_mutex_lock(mutex);
    if (err == EOWNERDEAD)
        pthread_mutex_unlock(mutex); /* it was locked all the same */
    return -err;
}

static int pthread_mutex_exit(void *mutex, int rc)
{
    return cd_gave_back(rc, -pthread_mutex_unlock(mutex),
                        "unlocking a mutex failed after its block");
}

const cede_manager cede_manager_pthread_mutex = {pthread_mutex_enter,
                                                 pthread_mutex_exit};
