/* SPDX-License-Identifier: MIT
 *
 * S000-10 - send: the pending yield becomes the sent value, and send returns
 * the next value yielded.
 *
 * A value sent to a generator that has not started is refused and starts
 * nothing.  Sending nothing is stepping: the yield then receives nothing,
 * which the original calls None.
 */
#include "seed.h"

#include <stdio.h>

/* The generator's parameter, and where its result goes. */
struct talk {
    seed_value acknowledgement, farewell;
    seed_value result;
};

/* data = yield value: in a body.  Stepped by next, *data is None. */
static int exchange(cede_gen *self, const seed_value *value, seed_value *data)
{
    *data = seed_none();
    return cede_exchange(self, value, data);
}

static void print_got(seed_value data)
{
    printf("got ");
    seed_print(data);
    putchar('\n');
}

static int consumer(cede_gen *self, void *arg)
{
    struct talk *talk = arg;
    seed_value data;
    puts("ready");
    CEDE_TRY(exchange(self, NULL, &data));
    print_got(data);
    seed_value pair[] = {talk->acknowledgement, data};
    seed_value answer = seed_tuple(pair, 2);
    CEDE_TRY(exchange(self, &answer, &data));
    print_got(data);
    talk->result = talk->farewell;
    return 0;
}

static int echo(cede_gen *self, void *start)
{
    seed_value x = *(seed_value *)start;
    for (;;) {
        seed_value sent;
        CEDE_TRY(exchange(self, &x, &sent));
        x = sent;
    }
}

static void print_line(seed_value v)
{
    seed_print(v);
    putchar('\n');
}

static cede_gen *make(cede_gen_fn *body, void *arg)
{
    return cede_gen_new(body, arg, sizeof(seed_value), sizeof(seed_value));
}

static void talk_to_a_consumer(struct talk *talk, seed_value too_early,
                               seed_value first, seed_value second)
{
    seed_value v;
    cede_gen *c = make(consumer, talk);
    int rc = seed_step(c, &too_early, &v);
    if (rc < 0)
        seed_print_error(SEED_SEND, rc);
    if (seed_step(c, NULL, &v) > 0)
        print_line(v);
    if (seed_step(c, &first, &v) > 0)
        print_line(v);
    if (seed_step(c, &second, &v) == 0) {
        printf("StopIteration ");
        print_line(talk->result);
    }
    cede_gen_close(c);

    cede_gen *d = make(consumer, talk);
    if (seed_step(d, NULL, &v) > 0)
        print_line(v);
    cede_gen_close(d);
}

/* Each input is sent; None is a step. */
static void print_echoes(seed_value start, char **inputs, int n)
{
    cede_gen *e = make(echo, &start);
    for (int i = 0; i < n; i++) {
        seed_value input = seed_parse(inputs[i]), v;
        seed_step(e, input.kind == SEED_NONE ? NULL : &input, &v);
        printf("%s", i > 0 ? " " : "");
        seed_print(v);
    }
    putchar('\n');
    cede_gen_close(e);
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 7,
               "TOO_EARLY FIRST SECOND ACKNOWLEDGEMENT FAREWELL START "
               "ECHOED...");
    struct talk talk = {seed_parse(argv[4]), seed_parse(argv[5]), seed_none()};
    talk_to_a_consumer(&talk, seed_parse(argv[1]), seed_parse(argv[2]),
                       seed_parse(argv[3]));
    print_echoes(seed_parse(argv[6]), argv + 7, argc - 7);
    return 0;
}
