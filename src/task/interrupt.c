/* SPDX-License-Identifier: MIT
 *
 * interrupt.c - SIGINT cancels the main task, once.
 *
 * As in asyncio, and only where nobody else has a say in it: on the process's
 * main thread, while the action is the default.  The kernel makes it the
 * default again as it calls the handler (SA_RESETHAND), so a second one ends
 * the process whatever state this one is in.
 *
 * A call of the program that blocks the thread goes on after the signal
 * (SA_RESTART): it would not have met EINTR without us, so it need not expect
 * it with us.  The loop's own sleep is never restarted, and is woken besides.
 *
 * An interrupt that finds main over already has told nobody: it is raised
 * again when the run has ended, in good order.
 *
 * The news is a post, and may still be on its way when the run has ended: a
 * loop that lasts meets it in the next one, and finds that nothing came.
 */
#define _GNU_SOURCE /* syscall */
#include "task/task.h"
#include "task/threads.h"

#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

/* There is one main thread, which runs one loop at a time. */
static struct {
    _Atomic(struct cd_run *) run; /* NULL: we are not asked */
    atomic_uint inside;           /* threads that are in the handler */
    atomic_bool came;
    bool told; /* main, while it was not over */
    pid_t pid; /* whose run that is */
} interrupt;

/* On the loop. */
static void tell(struct cd_work *w)
{
    struct cd_run *run = cd_container(w, struct cd_run, interrupt);
    atomic_store(&run->interrupt_sent, false);
    if (atomic_load(&interrupt.run) != run || !atomic_load(&interrupt.came) ||
        run->main.live == 0)
        return;
    interrupt.told = true;
    cd_scope_cancel(&run->main.scope, "SIGINT came");
    cd_threads_interrupt();
}

/* On any thread, amid anything.  Raised again it ends the process: the action
 * is the default by now. */
static void on_sigint(int sig)
{
    /* Not in a child of vfork, which shares our memory; nor twice, when the
     * program has restored this handler after it had done its work. */
    atomic_fetch_add(&interrupt.inside, 1);
    struct cd_run *run = atomic_load(&interrupt.run);
    bool ours = run && getpid() == interrupt.pid;
    if (!ours || atomic_exchange(&interrupt.came, true))
        (void)raise(sig);
    else if (!atomic_exchange(&run->interrupt_sent, true))
        (void)cd_loop_post(run->loop, &run->interrupt);
    atomic_fetch_sub(&interrupt.inside, 1);
}

/* Leaves alone what the program has set meanwhile. */
static void restore_default(void)
{
    struct sigaction now;
    if (sigaction(SIGINT, NULL, &now) == 0 && now.sa_handler == on_sigint)
        (void)signal(SIGINT, SIG_DFL);
}

static bool is_ours_to_take(void)
{
    struct sigaction now;
    return syscall(SYS_gettid) == getpid() &&
           sigaction(SIGINT, NULL, &now) == 0 && now.sa_handler == SIG_DFL;
}

void cd_interrupt_watch(struct cd_run *run)
{
    run->interrupted = false;
    if (atomic_load(&interrupt.run) == run || !is_ours_to_take())
        return;
    interrupt.pid = getpid();
    interrupt.told = false;
    run->interrupt.run = tell;
    atomic_store(&interrupt.came, false);
    atomic_store(&interrupt.run, run);
    struct sigaction action = {.sa_handler = on_sigint};
    action.sa_flags = (int)SA_RESETHAND | SA_RESTART | SA_ONSTACK;
    (void)sigaction(SIGINT, &action, NULL);
}

/* One that came while main computed found it alive, though main never waited
 * again to hear of it: that is no reason to end a process that did its work. */
void cd_interrupt_main_over(const struct cd_run *run)
{
    if (atomic_load(&interrupt.run) == run && atomic_load(&interrupt.came))
        interrupt.told = true;
}

int cd_interrupt_leave(struct cd_run *run, int rc)
{
    if (atomic_load(&interrupt.run) != run)
        return rc;
    restore_default();
    atomic_store(&interrupt.run, NULL);
    while (atomic_load(&interrupt.inside) > 0)
        sched_yield(); /* another thread is about to post to the loop */
    run->interrupted = atomic_load(&interrupt.came) && !interrupt.told;
    if (interrupt.told && rc == -ECANCELED)
        return cede_fail(-EINTR, "the main task was cancelled by SIGINT");
    return rc;
}

void cd_interrupt_again(bool interrupted)
{
    if (interrupted)
        (void)kill(getpid(), SIGINT); /* this thread may block it */
}

void cd_interrupt_forked(void)
{
    if (!atomic_load(&interrupt.run))
        return;
    restore_default();
    atomic_store(&interrupt.run, NULL);
    atomic_store(&interrupt.inside, 0);
}
