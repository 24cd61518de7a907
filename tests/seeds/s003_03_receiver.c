/* SPDX-License-Identifier: MIT
 *
 * S003-3 - yield receives: values of any type arrive as they were sent.
 */
#include "seed.h"

#include <stdio.h>

static int receiver(cede_gen *self, void *arg)
{
    (void)arg;
    for (;;) {
        seed_value item = seed_none();
        CEDE_TRY(cede_receive(self, &item));
        printf("Got:  ");
        seed_print(item);
        putchar('\n');
    }
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 1, "VALUES...");
    cede_gen *c = cede_gen_new(receiver, NULL, 0, sizeof(seed_value));
    puts(seed_gen_type(c));
    cede_next(c, NULL);
    for (int i = 1; i < argc; i++) {
        seed_value v = seed_parse(argv[i]);
        cede_send(c, &v, NULL);
    }
    return cede_gen_close(c) < 0;
}
