/* SPDX-License-Identifier: MIT
 *
 * interrupt_test.c - SIGINT in a run: whom it cancels, what the run answers,
 * what a second one does, and whose settings are left alone.
 */
#include "check.h"
#include "tasks.h"
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

static const cede_options on[] = {{.poller = "virtual"}, {.poller = "epoll"}};

static bool is_handled(void)
{
    struct sigaction now;
    CHECK_EQ(sigaction(SIGINT, NULL, &now), 0);
    return now.sa_handler != SIG_DFL;
}

static int eio = -EIO, zero, seven = 7;

/* The Check library has a handler of its own, which each test inherits. */
#define SIGNAL_TEST(name)                                                      \
    static void name##_by_default_(void);                                      \
    TEST(name)                                                                 \
    {                                                                          \
        (void)signal(SIGINT, SIG_DFL);                                         \
        name##_by_default_();                                                  \
    }                                                                          \
    static void name##_by_default_(void)

/* ---- the first ------------------------------------------------------- */

static int raises_and_sleeps(void *arg)
{
    CHECK_EQ(raise(SIGINT), 0);
    int rc = cede_sleep(CEDE_NEVER);
    CHECK_ERR(rc, -ECANCELED);
    CHECK(cede_cancelled());
    note("cancelled ");
    return arg ? *(int *)arg : rc;
}

SIGNAL_TEST(the_first_cancels_main_and_the_run_answers_that)
{
    for (int i = 0; i < 2; i++) {
        CHECK_ERR(cede_run_with(&on[i], raises_and_sleeps, NULL), -EINTR);
        CHECK(strstr(cede_message(), "SIGINT") != NULL);
        CHECK(!is_handled());
    }
    CHECK_NOTED("cancelled cancelled ");
}

SIGNAL_TEST(an_interrupted_main_may_answer_something_else)
{
    CHECK_EQ(cede_run(raises_and_sleeps, &seven), 7);
    CHECK_ERR(cede_run(raises_and_sleeps, &eio), -EIO);
    CHECK(!is_handled());
}

static int cancels_itself(void *arg)
{
    (void)arg;
    return -ECANCELED;
}

SIGNAL_TEST(a_main_that_is_cancelled_by_nobody_was_not_interrupted)
{
    CHECK_ERR(cede_run(cancels_itself, NULL), -ECANCELED);
}

static int has_children(void *arg)
{
    CHECK_OK(cede_go(NULL, sleeps_for_ever, "background "));
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, sleeps_for_ever, "child "));
    CHECK_OK(cede_go(&g, raises_and_sleeps, arg));
    int rc = cede_join(&g);
    note("main ");
    return rc;
}

SIGNAL_TEST(what_main_has_started_ends_in_good_order)
{
    CHECK_ERR(cede_run(has_children, NULL), -EINTR);
    CHECK_NOTED("child cancelled main background ");
}

static int seven_times(void *arg)
{
    CEDE_TRY(cede_sleep(CEDE_MS));
    return *(int *)arg;
}

SIGNAL_TEST(a_run_after_an_interrupted_one_is_like_the_first)
{
    for (int i = 0; i < 3; i++) {
        CHECK_ERR(cede_run(raises_and_sleeps, NULL), -EINTR);
        CHECK_EQ(cede_run(seven_times, &seven), 7);
        CHECK_ERR(cede_run(cancels_itself, NULL), -ECANCELED);
    }
}

static int runs_inside(void *arg)
{
    CHECK_ERR(cede_run(seven_times, arg), -EBUSY);
    CHECK(is_handled());
    return raises_and_sleeps(NULL);
}

SIGNAL_TEST(a_refused_run_inside_leaves_the_signal_to_the_outer)
{
    CHECK_ERR(cede_run(runs_inside, &zero), -EINTR);
}

/* ---- while the loop sleeps ------------------------------------------- */

/* Does the thread sleep in the kernel? */
static bool sleeps(pid_t tid)
{
    char path[64], text[256] = "";
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)tid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    const char *state = n > 0 ? strrchr(text, ')') : NULL;
    return state && state[2] == 'S';
}

struct caller {
    pthread_t main, thread;
    bool on_itself; /* the handler runs on the other thread */
    int write_to;   /* a byte, afterwards; 0: none */
};

static void *calls(void *arg)
{
    struct caller *c = arg;
    for (int i = 0; i < 10000 && !sleeps(getpid()); i++)
        usleep(100);
    CHECK_EQ(pthread_kill(c->on_itself ? pthread_self() : c->main, SIGINT), 0);
    if (!c->write_to)
        return NULL;
    while (is_handled()) /* until the handler is being run */
        usleep(100);
    CHECK_EQ(write(c->write_to, "x", 1), 1);
    return NULL;
}

static void start_caller(struct caller *c)
{
    c->main = pthread_self();
    CHECK_EQ(pthread_create(&c->thread, NULL, calls, c), 0);
}

static int sleeps_until_called(void *arg)
{
    start_caller(arg);
    return cede_sleep(CEDE_NEVER);
}

SIGNAL_TEST(the_loop_is_woken_from_its_sleep)
{
    for (int i = 0; i < 4; i++) {
        struct caller c = {.on_itself = i / 2};
        CHECK_ERR(cede_run_with(&on[i % 2], sleeps_until_called, &c), -EINTR);
        CHECK_EQ(pthread_join(c.thread, NULL), 0);
    }
}

static int reads_a_byte(void *arg)
{
    int fds[2];
    char byte;
    CHECK_EQ(pipe(fds), 0);
    struct caller *c = arg;
    c->write_to = fds[1];
    start_caller(c);
    CHECK_EQ(read(fds[0], &byte, 1), 1);
    CHECK_EQ(pthread_join(c->thread, NULL), 0);
    return cede_sleep(CEDE_NEVER);
}

SIGNAL_TEST(a_blocking_call_goes_on_and_main_hears_of_it_afterwards)
{
    CHECK_ERR(cede_run(reads_a_byte, &(struct caller){.write_to = 0}), -EINTR);
}

/* ---- the second ------------------------------------------------------ */

static int raises_twice(void *arg)
{
    (void)arg;
    puts("one");
    fflush(stdout);
    raise(SIGINT);
    puts("two");
    fflush(stdout);
    raise(SIGINT);
    puts("three");
    fflush(stdout);
    return 0;
}

static int raises_in_clean_up(void *arg)
{
    (void)arg;
    raise(SIGINT);
    (void)cede_sleep(CEDE_NEVER);
    cede_scope s;
    cede_enter_shielded(&s, CEDE_NEVER);
    printf("%d", cede_sleep(CEDE_MS));
    fflush(stdout);
    raise(SIGINT);
    puts("survived");
    return cede_leave(&s, 0);
}

static int blocks_it(void *arg);

struct how {
    cede_fn *fn;
    int i;
};

static void run_it(void *arg)
{
    const struct how *how = arg;
    printf("answered %d", cede_run_with(&on[how->i], how->fn, NULL));
}

/* It printed that; more only if the signal goes to another thread, which may
 * be a moment late. */
static void check_killed(cede_fn *fn, const char *text)
{
    for (int i = 0; i < 2; i++) {
        const struct output *o = OUTPUT_OF(run_it, &((struct how){fn, i}));
        if (fn == blocks_it)
            CHECK(strncmp(o->text, text, strlen(text)) == 0);
        else
            CHECK_STR_EQ(o->text, text);
        CHECK(WIFSIGNALED(o->status) && WTERMSIG(o->status) == SIGINT);
    }
}

SIGNAL_TEST(a_second_ends_the_process_at_once)
{
    check_killed(raises_twice, "one\ntwo\n");
}

SIGNAL_TEST(a_second_during_clean_up_ends_the_process_at_once)
{
    check_killed(raises_in_clean_up, "0");
}

static int raises_when_main_is_over(void *arg)
{
    (void)cede_sleep(CEDE_NEVER);
    raise(SIGINT);
    cede_scope s;
    cede_enter_shielded(&s, CEDE_NEVER);
    (void)cede_sleep(CEDE_MS);
    printf("%s", (char *)arg);
    fflush(stdout);
    return cede_leave(&s, 0);
}

static int leaves_a_background(void *arg)
{
    (void)arg;
    return cede_go(NULL, raises_when_main_is_over, "in good order");
}

SIGNAL_TEST(one_that_comes_when_main_is_over_ends_the_process_after_the_run)
{
    check_killed(leaves_a_background, "in good order");
}

static int raises_and_is_over(void *arg)
{
    (void)arg;
    raise(SIGINT);
    return 3;
}

static int sleeps_shortly(void *arg)
{
    (void)arg;
    return cede_sleep(CEDE_MS);
}

SIGNAL_TEST(one_that_comes_while_main_computes_to_its_end_is_no_reason_to_die)
{
    for (int i = 0; i < 2; i++)
        CHECK_EQ(cede_run_with(&on[i], raises_and_is_over, NULL), 3);
}

/* ---- loops that last --------------------------------------------------- */

static int caught;

static void catches(int sig)
{
    (void)sig;
    caught++;
}

static int raises_and_catches(void *arg)
{
    (void)arg;
    raise(SIGINT);
    (void)signal(SIGINT, catches);
    return 0;
}

static int leaves_a_callback(void *arg)
{
    return cede_loop_call_soon(cede_loop_current(), raises_and_catches, arg,
                               NULL);
}

SIGNAL_TEST(one_that_comes_when_main_is_over_is_raised_again_once)
{
    cede_loop *l = cede_loop_new(NULL);
    CHECK_OK(cede_loop_run(l, leaves_a_callback, NULL));
    CHECK_EQ(caught, 1);
    CHECK_OK(cede_loop_run(l, sleeps_shortly, NULL));
    CHECK_EQ(caught, 1);
    CHECK_OK(cede_loop_close(l));
}

/* When main is over, and the run is stopped already. */
static int raises_last(void *arg)
{
    for (int i = 0; i < 2; i++)
        CEDE_TRY(cede_sleep(0));
    return raises_and_catches(arg);
}

static int leaves_one_behind(void *arg)
{
    CEDE_TRY(cede_go(NULL, raises_last, arg));
    return cede_sleep(0);
}

SIGNAL_TEST(the_news_of_one_does_not_reach_the_next_run)
{
    cede_loop *l = cede_loop_new(NULL), *other = cede_loop_new(NULL);
    CHECK_OK(cede_loop_run(l, leaves_one_behind, NULL));
    CHECK_EQ(caught, 1);
    (void)signal(SIGINT, SIG_DFL);
    CHECK_ERR(cede_loop_run(other, raises_and_sleeps, NULL), -EINTR);
    CHECK_OK(cede_loop_run(l, sleeps_shortly, NULL));
    CHECK_ERR(cede_loop_run(l, raises_and_sleeps, NULL), -EINTR);
    CHECK_OK(cede_loop_close(l));
    CHECK_OK(cede_loop_close(other));
}

/* ---- other threads ----------------------------------------------------- */

static atomic_bool raised;

static void *takes_it(void *arg)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    raise(SIGINT);
    atomic_store(&raised, true);
    pause();
    return arg;
}

static int is_over_when_another_takes_it(void *arg)
{
    pthread_t t;
    (void)cede_sleep(CEDE_NEVER);
    CHECK_EQ(pthread_create(&t, NULL, takes_it, NULL), 0);
    while (!atomic_load(&raised))
        sched_yield();
    printf("%s", (char *)arg);
    fflush(stdout);
    return 0;
}

static int blocks_it(void *arg)
{
    sigset_t set;
    (void)arg;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    CHECK_EQ(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
    return cede_go(NULL, is_over_when_another_takes_it, "in good order");
}

SIGNAL_TEST(that_ends_it_too_where_another_thread_is_to_take_signals)
{
    check_killed(blocks_it, "in good order");
}

/* ---- what is left alone ---------------------------------------------- */

static volatile sig_atomic_t counted;

static void counts(int sig)
{
    (void)sig;
    counted++;
}

static int raises_and_goes_on(void *arg)
{
    CHECK_EQ(raise(SIGINT), 0);
    CHECK_OK(cede_sleep(CEDE_MS));
    return *(int *)arg;
}

SIGNAL_TEST(a_handler_of_the_programs_is_kept)
{
    CHECK(signal(SIGINT, counts) == SIG_DFL);
    CHECK_EQ(cede_run(raises_and_goes_on, &seven), 7);
    CHECK_EQ(counted, 1);
    CHECK(signal(SIGINT, SIG_IGN) == counts);
    CHECK_EQ(cede_run(raises_and_goes_on, &seven), 7);
    CHECK(signal(SIGINT, SIG_DFL) == SIG_IGN);
}

static int sets_a_handler(void *arg)
{
    CHECK(signal(SIGINT, counts) != SIG_DFL);
    return raises_and_goes_on(arg);
}

SIGNAL_TEST(a_handler_that_main_sets_is_kept)
{
    CHECK_EQ(cede_run(sets_a_handler, &seven), 7);
    CHECK_EQ(counted, 1);
    CHECK(signal(SIGINT, SIG_DFL) == counts);
}

static int tells_whether_handled(void *arg)
{
    (void)arg;
    return is_handled();
}

SIGNAL_TEST(the_action_is_ours_during_the_run_and_the_default_after_it)
{
    CHECK_EQ(cede_run(tells_whether_handled, NULL), 1);
    CHECK(!is_handled());
    CHECK_ERR(cede_run(returns, &eio), -EIO);
    CHECK(!is_handled());
}

SIGNAL_TEST(an_option_leaves_it_alone)
{
    cede_options o = {.no_sigint = true};
    CHECK_EQ(cede_run_with(&o, tells_whether_handled, NULL), 0);
}

static void *runs(void *arg)
{
    CHECK_EQ(cede_run(tells_whether_handled, NULL), *(int *)arg);
    return NULL;
}

static int runs_beside(void *arg)
{
    pthread_t t;
    CHECK_EQ(pthread_create(&t, NULL, runs, arg), 0);
    CHECK_EQ(pthread_join(t, NULL), 0);
    if (*(int *)arg)
        CHECK(is_handled()); /* still ours */
    return 0;
}

SIGNAL_TEST(runs_of_other_threads_do_not_touch_it)
{
    CHECK_EQ(runs_beside(&zero), 0);
    CHECK_EQ(cede_run(runs_beside, &(int){1}), 0);
}

/* ---- children -------------------------------------------------------- */

static void *forks(void *arg)
{
    (void)arg;
    pid_t pid = fork();
    if (pid == 0) {
        if (is_handled())
            _exit(1);
        raise(SIGINT);
        _exit(2);
    }
    int status;
    CHECK_EQ(waitpid(pid, &status, 0), pid);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
    return NULL;
}

static int forks_here_and_beside(void *arg)
{
    pthread_t t;
    forks(arg);
    CHECK_EQ(pthread_create(&t, NULL, forks, NULL), 0);
    CHECK_EQ(pthread_join(t, NULL), 0);
    CHECK(is_handled());
    return raises_and_sleeps(NULL);
}

SIGNAL_TEST(the_child_of_a_fork_has_the_default_and_the_parent_goes_on)
{
    if (FOR_TSAN)
        return; /* it dies in a fork of many threads */
    CHECK_ERR(cede_run(forks_here_and_beside, NULL), -EINTR);
}

SUITE("interrupt")
