/* SPDX-License-Identifier: MIT
 *
 * 17_streams.c - a calculator at the other end of a stream: one question a
 * line, one answer a line.  Here both ends are in memory; the same functions
 * talk through sockets and pipes.
 */
#include <cede.h>
#include <stdio.h>

static int calculate(void *arg)
{
    cede_stream *peer = arg;
    char *line;
    int rc;
    while ((rc = cede_read_line(peer, &line)) > 0) {
        int a, b;
        if (sscanf(line, "%d + %d", &a, &b) == 2)
            cede_printf(peer, "%d\n", a + b);
        else
            cede_printf(peer, "what is '%s'?\n", line);
    }
    int left = cede_stream_close(peer); /* sends what is left, for a second */
    return rc < 0 ? rc : left;          /* at most */
}

static int ask(cede_stream *peer)
{
    CEDE_TRY(cede_printf(peer, "1 + 2\n20 + 22\n"));
    CEDE_TRY(cede_write(peer, "blue", 4)); /* all three go out together, */
    CEDE_TRY(cede_stream_end(peer));       /* and nothing after them */
    char *answer;
    int rc;
    while ((rc = cede_read_line(peer, &answer)) > 0)
        printf("%s\n", answer);
    return rc;
}

static int amain(void *arg)
{
    (void)arg;
    cede_stream *mine, *its;
    CEDE_TRY(cede_stream_pair(&mine, &its, 0));
    CEDE_GROUP(g);
    cede_go(&g, calculate, its);
    int rc = ask(mine);
    cede_stream_close(mine);
    return cede_join_rc(&g, rc);
}

int main(void)
{
    return cede_run(amain, NULL) < 0;
}

/* Prints:
 * 3
 * 42
 * what is 'blue'?
 */
