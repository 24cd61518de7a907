/* SPDX-License-Identifier: MIT
 *
 * overflow.c - a stack is used up: say whose, and what to do.
 *
 * Touching a guard raises SIGSEGV.  The handler runs on an alternate stack of
 * the thread, finds the slot by the address, prints the owner's name and the
 * remedy with write(2) alone, and aborts.  Any other fault goes to whoever
 * handled SIGSEGV before us.
 *
 * The alternate stack is made when a thread first takes a stack, unless it
 * has one already.
 */
#include "ctx/overflow.h"

#include "ctx/region.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ALT_SIZE = 64 * 1024 };

static struct sigaction before;
static _Thread_local void *alt;

/* ---- the report, in a signal handler ----------------------------------- */

static void put(const char *text)
{
    ssize_t n = write(STDERR_FILENO, text, strlen(text));
    (void)n;
}

static void put_number(size_t n)
{
    char digits[24], *p = digits + sizeof digits;
    *--p = '\0';
    do {
        *--p = (char)('0' + n % 10);
    } while (n /= 10);
    put(p);
}

static void report(const struct cd_stack *s)
{
    put("cede: stack overflow in ");
    put(s->owner ? s->kind : "a stack that is free");
    if (s->owner) {
        put(" '");
        put(*s->owner);
        put("'");
    }
    put(": its ");
    put_number(cd_stack_class_size(s->size_class));
    put(" bytes are used up.\n"
        "cede: make its frames smaller, or give it more: stack_size in "
        "cede_task_options or cede_gen_options, or in cede_options for the "
        "whole run.\n");
}

static void pass_on(int sig, siginfo_t *info, void *context)
{
    if (before.sa_flags & SA_SIGINFO) {
        before.sa_sigaction(sig, info, context);
    } else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
        before.sa_handler(sig);
    } else if (before.sa_handler != SIG_IGN || info->si_code > 0) {
        /* Returning repeats a fault, now with its default action; a signal
         * that was sent must be sent again. */
        signal(sig, SIG_DFL);
        if (info->si_code <= 0)
            raise(sig);
    }
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
    const char *address = info->si_addr;
    const struct cd_region *r =
        info->si_code > 0 ? cd_region_find(address) : NULL;
    if (r) {
        size_t index = (size_t)(address - r->base) / r->slot;
        const struct cd_stack *s = cd_region_stack(r, index);
        if (index < r->used && address < s->lo) {
            report(s);
            signal(SIGABRT, SIG_DFL);
            abort();
        }
    }
    pass_on(sig, info, context);
}

void cd_overflow_init(void)
{
    struct sigaction action = {.sa_sigaction = on_fault,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    sigaction(SIGSEGV, &action, &before);
}

void cd_overflow_thread_init(void)
{
    stack_t have;
    if (sigaltstack(NULL, &have) < 0 || !(have.ss_flags & SS_DISABLE))
        return;
    void *memory = mmap(NULL, ALT_SIZE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return; /* an overflow then ends the process without our words */
    stack_t mine = {.ss_sp = memory, .ss_size = ALT_SIZE};
    if (sigaltstack(&mine, NULL) < 0)
        munmap(memory, ALT_SIZE);
    else
        alt = memory;
}

void cd_overflow_thread_end(void)
{
    if (!alt)
        return;
    stack_t off = {.ss_flags = SS_DISABLE};
    sigaltstack(&off, NULL);
    munmap(alt, ALT_SIZE);
    alt = NULL;
}
