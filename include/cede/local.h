/* SPDX-License-Identifier: MIT
 *
 * local.h - values that belong to a task and go to the tasks it starts.
 *
 *     static cede_local request = CEDE_LOCAL("request", NULL);
 *     cede_local_set(&request, r);    in the task that serves r
 *     cede_local_get(&request)        there, and in all that it started since
 *
 * A task begins with its starter's values as they are at that moment; from
 * then on neither sees what the other sets (PEP 567).  Generators have none of
 * their own: their bodies see those of whoever steps them.  Callbacks
 * (cede_on_done) see those of when they were registered.  Outside of tasks the
 * values are the thread's, and a run's main task begins with these.  A process
 * forked in a task goes on with the task's.
 *
 * Inheriting costs the same however many values there are; setting copies them
 * once after that.  A value is a pointer: cede neither copies nor frees what
 * it points to, which must outlive every task that inherits it.
 */
#ifndef CEDE_LOCAL_H
#define CEDE_LOCAL_H

#include <cede/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One variable; static, never copied. */
typedef struct cede_local {
    const char *name; /* for dumps */
    void *initial;    /* where nothing was set */
    size_t index_;    /* 0: not used yet */
} cede_local;

#define CEDE_LOCAL(name, initial)                                              \
    {                                                                          \
        (name), (initial), 0                                                   \
    }

/* The value here and now.  Any thread.  Never fails. */
CEDE_API void *cede_local_get(const cede_local *local);

/* Set it for the calling task, or thread, and whoever it starts from now on.
 * To set it for a while, get the old value first and set that again.
 * 0; -ENOMEM, nothing changed. */
CEDE_API int cede_local_set(cede_local *local, void *value);

#ifdef __cplusplus
}
#endif
#endif
