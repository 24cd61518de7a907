/* SPDX-License-Identifier: MIT
 *
 * S000-11 to S000-14 - coroutines as consumers: source, filter, sink.
 *
 * The source pushes into a primed filter, the filter into a primed sink; what
 * matches arrives before send returns.  Closing the first stage closes its
 * target from its own clean-up; sending to it afterwards says that it is over.
 * A broadcast delivers to its targets in order.  Coroutines are not about
 * iteration: stepping one just feeds it None.
 */
#include "seed.h"

#include <stdio.h>
#include <string.h>

/* The priming "decorator": a coroutine that is sent texts. */
static cede_gen *coroutine(cede_gen_fn *body, void *arg)
{
    return cede_gen_primed(body, arg, 0, sizeof(const char *));
}

/* The end point. */
static int printer(cede_gen *self, void *prefix)
{
    const char *item;
    int rc;
    while ((rc = cede_receive(self, &item)) >= 0)
        printf("%s %s\n", (const char *)prefix, item);
    if (rc == CEDE_EXIT)
        printf("%s sink closed\n", (const char *)prefix);
    return rc;
}

struct filter {
    const char *pattern;
    cede_gen *target; /* closed by whoever made it */
};

static int grep(cede_gen *self, void *arg)
{
    struct filter *filter = arg;
    const char *line;
    int rc;
    while ((rc = cede_receive(self, &line)) >= 0)
        if (strstr(line, filter->pattern))
            cede_send(filter->target, &line, NULL);
    if (rc == CEDE_EXIT)
        puts("grep closed");
    cede_gen_stop(filter->target);
    return rc;
}

struct targets {
    cede_gen *target[2];
};

static int broadcast(cede_gen *self, void *arg)
{
    struct targets *to = arg;
    const char *item;
    int rc;
    while ((rc = cede_receive(self, &item)) >= 0)
        for (int i = 0; i < 2; i++)
            cede_send(to->target[i], &item, NULL);
    return rc;
}

static void grep_and_close(const char *pattern, const char *const *lines,
                           size_t n)
{
    struct filter filter = {pattern, coroutine(printer, "P:")};
    cede_gen *p = coroutine(grep, &filter);
    for (size_t i = 0; i < n; i++)
        cede_send(p, &lines[i], NULL);
    cede_gen_stop(p);
    if (cede_send(p, &(const char *){"x"}, NULL) == 0)
        puts("send after close -> StopIteration");
    cede_gen_close(p);
    cede_gen_close(filter.target);
}

/* Collects what it is sent, and hands out the whole list each time. */
static int accumulate(cede_gen *self, void *arg)
{
    seed_log *out = arg;
    for (;;) {
        seed_value list = seed_list(out->items, out->n), sent = seed_none();
        CEDE_TRY(cede_exchange(self, &list, &sent));
        seed_log_add(out, sent);
    }
}

/* Send all values, printing what the last one answers; then step once. */
static void accumulate_all(char **values, int n)
{
    seed_log out = {0};
    seed_value v = seed_none();
    cede_gen *a = cede_gen_primed(accumulate, &out, sizeof v, sizeof v);
    for (int i = 0; i < n; i++) {
        seed_value x = seed_parse(values[i]);
        seed_step(a, &x, &v);
    }
    seed_print(v);
    putchar('\n');
    seed_step(a, NULL, &v);
    seed_print(v);
    putchar('\n');
    cede_gen_close(a);
    seed_log_free(&out);
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 5, "PATTERN LINES PATTERN2 LINES2 VALUES...");
    size_t n;
    const char *const *lines = seed_texts(argv[2], &n);
    grep_and_close(argv[1], lines, n);

    struct filter filter = {argv[3], coroutine(printer, "2:")};
    struct targets to = {{coroutine(printer, "1:"), coroutine(grep, &filter)}};
    cede_gen *q = coroutine(broadcast, &to);
    lines = seed_texts(argv[4], &n);
    for (size_t i = 0; i < n; i++)
        cede_send(q, &lines[i], NULL);

    accumulate_all(argv + 5, argc - 5);

    cede_gen_close(q);
    cede_gen_close(to.target[0]);
    cede_gen_close(to.target[1]);
    cede_gen_close(filter.target);
    return 0;
}
