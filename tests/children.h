/* SPDX-License-Identifier: MIT
 *
 * children.h - forking, and saying what became of it.  Include check.h first.
 */
#ifndef CEDE_TESTS_CHILDREN_H
#define CEDE_TESTS_CHILDREN_H

/* Prints and lets nothing wait in a buffer that a fork would copy. */
#define SAY(...) (printf(__VA_ARGS__), fflush(stdout))

static inline void ends(pid_t pid)
{
    int status;
    waitpid(pid, &status, 0);
    if (WIFSIGNALED(status))
        SAY("child killed by %d; ", WTERMSIG(status));
    else
        SAY("child ended %d; ", WEXITSTATUS(status));
}

static inline int ticks(void *arg)
{
    (void)arg;
    int rc = cede_sleep(CEDE_MS);
    SAY("tick; ");
    return rc;
}

/* Fork with another task asleep, have the child do fn(), and go on. */
static inline int forks(void *arg)
{
    void (*const *fn)(void) = arg;
    CEDE_GROUP(g);
    CEDE_TRY(cede_go(&g, ticks, NULL));
    CEDE_TRY(cede_sleep(0));
    pid_t pid = fork();
    if (pid == 0) {
        (*fn)();
        _exit(7);
    }
    ends(pid);
    return cede_join(&g);
}

static inline void run_forks(void *arg)
{
    SAY("run %d", cede_run(forks, arg));
}

#define CHILD_SAYS(fn, want)                                                   \
    do {                                                                       \
        void (*child_)(void) = (fn);                                           \
        const struct output *o_ = OUTPUT_OF(run_forks, &child_);               \
        CHECK_STR_EQ(o_->text, want);                                          \
    } while (0)

/* After a fork with fibers ThreadSanitizer forgets what it knew of them, and
 * sees races between a stack and itself. */
#define SUITE_OF_FORKS(name)                                                   \
    SUITE_UNLESS(name, FOR_TSAN ? "ThreadSanitizer loses its fibers in a fork" \
                       : ON_VALGRIND ? "what other threads had is lost"        \
                                     : NULL)

#endif
