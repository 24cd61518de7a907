/* SPDX-License-Identifier: MIT
 *
 * loop_fork_test.c - loops that do not run, in the child of a fork: they stay
 * the parent's.
 */
#include "check.h"
#include "children.h"
#include <dirent.h>

static cede_loop *loop;
static cede_handle handle;
static cede_future *remote;

static int says(void *what)
{
    SAY("%s; ", (const char *)what);
    return 0;
}

static int ends_at_once(void *arg)
{
    (void)arg;
    return 0;
}

static bool refuses(int rc)
{
    return rc == -EPERM;
}

static void calls_everything(void)
{
    cede_handle h;
    SAY("%d%d%d ", refuses(cede_loop_run(loop, says, "child")),
        refuses(cede_loop_run_forever(loop)),
        refuses(cede_loop_run_until(loop, NULL)));
    SAY("%d%d%d ", refuses(cede_loop_call_soon(loop, says, "child", &h)),
        refuses(cede_loop_call_later(loop, 0, says, "child", &h)),
        refuses(cede_loop_call_at(loop, 0, says, "child", &h)));
    SAY("%d%d%d ", refuses(cede_loop_post(loop, says, "child")),
        refuses(cede_loop_stop(loop)), refuses(cede_handle_cancel(&handle)));
    SAY("%d%d%d ", refuses(cede_loop_step(loop)), refuses(cede_loop_fd(loop)),
        cede_loop_timeout(loop) == 0);
    SAY("%d%d ", cede_loop_is_closed(loop), cede_loop_is_running(loop));
    cede_future *f = cede_loop_spawn_on(loop, says, "child");
    SAY("%d; ", refuses(cede_await(f)));
    cede_future_free(f);
}

static void closes(void)
{
    SAY("close %d; ", cede_loop_close(loop));
}

static void closes_what_is_kept(void)
{
    cede_loop_keep(loop);
    SAY("close %d; ", cede_loop_close(loop));
    SAY("close %d; ", cede_loop_close(loop));
    cede_loop_drop(loop);
}

static void runs_until_what_the_parent_has_to_do(void)
{
    cede_loop *l = cede_loop_new(NULL);
    SAY("%d; ", refuses(cede_loop_run_until(l, remote)));
    cede_loop_close(l);
}

static void runs_one_of_its_own(void)
{
    cede_loop *l = cede_loop_new(NULL);
    SAY("run %d; ", cede_loop_run(l, says, "mine"));
    cede_loop_close(l);
}

static int descriptors(void)
{
    DIR *d = opendir("/proc/self/fd");
    int n = 0;
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

static int before;

static void has_none_of_its_descriptors(void)
{
    SAY("%d; ", descriptors() - before);
}

static int starts(void *arg)
{
    return cede_go(NULL, ticks, arg);
}

/* Fork with a task and callbacks waiting, and go on. */
static void forks_between_runs(void *arg)
{
    void (*const *fn)(void) = arg;
    before = descriptors();
    loop = cede_loop_new(&(cede_options){.poller = "virtual"});
    cede_loop_run(loop, starts, NULL);
    cede_loop_post(loop, says, "post");
    cede_loop_call_soon(loop, says, "soon", NULL);
    cede_loop_call_later(loop, CEDE_SEC, says, "never", &handle);
    remote = cede_loop_spawn_on(loop, ends_at_once, NULL);
    pid_t pid = fork();
    if (pid == 0) {
        (*fn)();
        exit(7);
    }
    ends(pid);
    CHECK_OK(cede_handle_cancel(&handle));
    CHECK_OK(cede_loop_run(loop, ticks, NULL));
    CHECK_OK(cede_loop_close(loop));
    CHECK_OK(cede_await(remote));
    cede_future_free(remote);
}

#define SAYS_BETWEEN_RUNS(fn, want)                                            \
    do {                                                                       \
        void (*child_)(void) = (fn);                                           \
        const struct output *o_ = OUTPUT_OF(forks_between_runs, &child_);      \
        CHECK_STR_EQ(o_->text,                                                 \
                     want "child ended 7; soon; post; tick; tick; ");          \
    } while (0)

TEST(every_call_is_refused_and_does_no_harm)
{
    SAYS_BETWEEN_RUNS(calls_everything, "111 111 111 111 10 1; ");
}

TEST(the_child_may_close_it)
{
    SAYS_BETWEEN_RUNS(closes, "close 0; ");
    SAYS_BETWEEN_RUNS(closes_what_is_kept, "close 0; close 0; ");
}

TEST(the_child_may_run_one_of_its_own)
{
    SAYS_BETWEEN_RUNS(runs_one_of_its_own, "mine; run 0; ");
}

TEST(the_child_does_not_run_until_the_parent_has_done_something)
{
    SAYS_BETWEEN_RUNS(runs_until_what_the_parent_has_to_do, "1; ");
}

TEST(the_child_has_none_of_its_descriptors)
{
    SAYS_BETWEEN_RUNS(has_none_of_its_descriptors, "0; ");
}

/* ---- a loop that runs ------------------------------------------------ */

static void calls_the_running_one(void)
{
    SAY("%d%d; ", cede_loop_current() == NULL,
        refuses(cede_loop_post(loop, says, "child")));
}

static int forks_in_a_run(void *arg)
{
    loop = cede_loop_current();
    return forks(arg);
}

static void run_forks_in_a_run(void *arg)
{
    SAY("run %d", cede_run(forks_in_a_run, arg));
}

TEST(the_loop_of_a_run_is_refused_as_well)
{
    void (*child)(void) = calls_the_running_one;
    const struct output *o = OUTPUT_OF(run_forks_in_a_run, &child);
    CHECK_STR_EQ(o->text, "11; child ended 7; tick; run 0");
}

static int forks_and_returns(void *arg)
{
    (void)arg;
    pid_t pid = fork();
    if (pid > 0)
        ends(pid);
    return 0;
}

static void forks_and_is_told(cede_future *f, void *ctx)
{
    (void)f;
    (void)forks_and_returns(ctx);
}

enum how { SOON, POSTED, TOLD };

static int has_a_callback_fork(void *how)
{
    cede_loop *l = cede_loop_current();
    cede_future *f = cede_promise();
    if (*(enum how *)how == SOON)
        CHECK_OK(cede_loop_call_soon(l, forks_and_returns, NULL, NULL));
    else if (*(enum how *)how == POSTED)
        CHECK_OK(cede_loop_post(l, forks_and_returns, NULL));
    else
        CHECK_OK(cede_on_done(f, forks_and_is_told, NULL));
    CHECK_OK(cede_resolve(f, 0));
    cede_future_free(f);
    CHECK_OK(cede_loop_call_soon(l, says, "next", NULL));
    return says("main");
}

static void run_has_a_callback_fork(void *how)
{
    SAY("run %d", cede_run(has_a_callback_fork, how));
}

TEST(what_is_ready_behind_a_callback_that_forks_does_not_run_in_the_child)
{
    for (enum how how = SOON; how <= TOLD; how++) {
        const struct output *o = OUTPUT_OF(run_has_a_callback_fork, &how);
        CHECK(strstr(o->text, "only exec or _exit there"));
        const char *next = strstr(o->text, "next; ");
        CHECK(next && !strstr(next + 1, "next; "));
    }
}

SUITE_OF_FORKS("loop_fork")
