/* SPDX-License-Identifier: MIT
 *
 * dlopen.c - a program that is not linked with the library opens it, or a
 * plugin that uses it, while it runs.  Where they are the build says: LIBCEDE,
 * PLUGIN, PLUGIN_OWN (which has a copy of the library inside).  Skipped where
 * the C library opens nothing with initial-exec thread-locals, as musl.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>

#include "cases.h"

static void *opened(const char *path)
{
    void *so = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!so)
        fprintf(stderr, "%s\n", dlerror());
    EXPECT(so);
    return so;
}

/* A function of it, as POSIX has one write that. */
#define FIND(fn, so, name)                                                     \
    do {                                                                       \
        *(void **)&(fn) = dlsym((so), (name));                                 \
        EXPECT(fn);                                                            \
    } while (0)

static int (*sleeps)(long long delay);

static int task(void *arg)
{
    int rc = sleeps(1000);
    return rc < 0 ? rc : *(int *)arg;
}

CASE(libcede_opens_in_a_program_that_is_not_linked_with_it)
{
    void *so = opened(LIBCEDE);
    int (*run)(int (*)(void *), void *);
    FIND(run, so, "cede_run");
    FIND(sleeps, so, "cede_sleep");
    EXPECT(run(task, &(int){7}) == 7);
}

static int sum_by(void *so)
{
    int (*sum)(int);
    FIND(sum, so, "plugin_sum");
    return sum(4);
}

CASE(a_plugin_linked_with_the_library_works)
{
    EXPECT(sum_by(opened(PLUGIN)) == 14);
}

CASE(a_plugin_with_its_own_copy_works_beside_the_library)
{
    void *own = opened(PLUGIN_OWN), *shared = opened(PLUGIN);
    EXPECT(sum_by(own) == 14);
    EXPECT(sum_by(shared) == 14);
    EXPECT(sum_by(own) == 14);
}

static void overflow_by(const char *path)
{
    void *other = opened(strcmp(path, PLUGIN) == 0 ? PLUGIN_OWN : PLUGIN);
    void *so = opened(path);
    void (*overflow)(void);
    FIND(overflow, so, "plugin_overflow");
    EXPECT(sum_by(other) == sum_by(so) && sum_by(other) == 14);
    overflow();
}

static void overflow_shared(void)
{
    overflow_by(PLUGIN);
}

static void overflow_own(void)
{
    overflow_by(PLUGIN_OWN);
}

CASE(an_overflow_is_named_whichever_copy_it_happens_in)
{
    EXPECT_ABORT(overflow_shared, "stack overflow in generator 'recurses'");
    EXPECT_ABORT(overflow_own, "stack overflow in generator 'recurses'");
}

/* ---- threads ----------------------------------------------------------- */

static sem_t may_go, has_run;
static int (*plugin_sum)(int);

static void *waits_and_runs(void *arg)
{
    sem_wait(&may_go);
    *(int *)arg = plugin_sum(4);
    sem_post(&has_run);
    sem_wait(&may_go);
    return arg;
}

static void step(pthread_t *t, int *sum)
{
    sem_init(&may_go, 0, 0);
    sem_init(&has_run, 0, 0);
    EXPECT(pthread_create(t, NULL, waits_and_runs, sum) == 0);
}

CASE(a_thread_that_was_there_before_may_run_tasks_after_the_open)
{
    pthread_t t;
    int sum = 0;
    step(&t, &sum);
    FIND(plugin_sum, opened(PLUGIN), "plugin_sum");
    sem_post(&may_go);
    sem_wait(&has_run);
    sem_post(&may_go);
    EXPECT(pthread_join(t, NULL) == 0 && sum == 14);
}

CASE(the_library_stays_when_the_plugin_is_closed_until_its_threads_have_ended)
{
    pthread_t t;
    int sum = 0;
    void *so = opened(PLUGIN);
    FIND(plugin_sum, so, "plugin_sum");
    step(&t, &sum);
    sem_post(&may_go);
    sem_wait(&has_run);
    EXPECT(dlclose(so) == 0);
    EXPECT(dlopen(LIBCEDE, RTLD_NOW | RTLD_NOLOAD) != NULL);
    sem_post(&may_go);
    EXPECT(pthread_join(t, NULL) == 0 && sum == 14);
    EXPECT(sum_by(opened(PLUGIN)) == 14);
}

static void crash_after_close(void)
{
    void *so = opened(PLUGIN);
    EXPECT(sum_by(so) == 14 && dlclose(so) == 0);
    int *volatile nowhere = (int *)16;
    *nowhere = 1;
}

CASE(a_crash_after_the_close_is_a_crash_as_any_other)
{
    char text[8192];
    int status = case_run_(crash_after_close, text, sizeof text);
    EXPECT(status != 0 && !strstr(text, "cede"));
}

/* ---- where -------------------------------------------------------------- */

#ifdef __GLIBC__
enum { OPENS = true };
#else
enum { OPENS = false };
#endif

int main(int argc, char **argv)
{
    if (OPENS)
        return case_all_(argc > 1 ? argv[1] : NULL);
    EXPECT(!dlopen(LIBCEDE, RTLD_NOW | RTLD_LOCAL)); /* or say so no more */
    puts("skipped: this C library opens no initial-exec thread-locals");
    return 77;
}
