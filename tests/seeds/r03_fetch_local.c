/* SPDX-License-Identifier: MIT
 *
 * pages fetched, all at once: connect, ask, read the head line by line
 * and the body to its end.  The server is a task of the same run.
 */
#include "seed.h"

#include <cede/net.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 64, LINES = 8 };

struct fetch {
    const char *path, *address;
    seed_value head[LINES];
    size_t head_n;
    char *body;
};

struct program {
    struct fetch fetch[MOST];
    size_t n;
    const char *status, *tag;
};

/* ---- the server -------------------------------------------------------- */

static int serve(cede_stream *peer, void *arg)
{
    const struct program *p = arg;
    static const cede_bytes end_of_head = {"\r\n\r\n", 4};
    char *request, path[80], body[200];
    int n = cede_read_until(peer, &end_of_head, 1, &request, NULL);
    CEDE_TRY(n);
    if (n == 0 || sscanf(request, "%*s %79s", path) != 1)
        return 0;
    snprintf(body, sizeof body, "<%s>%s</%s>", p->tag, path, p->tag);
    return cede_printf(peer,
                       "%s\r\nContent-Length: %zu\r\n"
                       "Connection: close\r\n\r\n%s",
                       p->status, strlen(body), body);
}

static int run_server(void *arg)
{
    void *const *of = arg;
    return cede_server_run(of[0], serve, of[1]);
}

/* ---- the clients ------------------------------------------------------- */

static int ask(struct fetch *f, cede_stream *s)
{
    char *line;
    int rc;
    CEDE_TRY(cede_printf(s, "GET %s HTTP/1.0\r\n\r\n", f->path));
    while ((rc = cede_read_line(s, &line)) > 1 && f->head_n < LINES)
        f->head[f->head_n++] = seed_text(strdup(line));
    CEDE_TRY(rc);
    return cede_read_all(s, 1000, &f->body);
}

static int fetch(void *arg)
{
    struct fetch *f = arg;
    cede_stream *s;
    CEDE_TRY(cede_dial(f->address, &s));
    int rc = ask(f, s), closed = cede_stream_close(s);
    return rc < 0 ? rc : closed;
}

static int fetch_all(struct program *p, const char *address)
{
    cede_call calls[MOST];
    int results[MOST];
    for (size_t i = 0; i < p->n; i++) {
        p->fetch[i].address = address;
        calls[i] = (cede_call){fetch, &p->fetch[i]};
    }
    return cede_gather(calls, p->n, results);
}

static int amain(void *arg)
{
    struct program *p = arg;
    cede_server *s;
    char address[40];
    CEDE_TRY(cede_listen("tcp://127.0.0.1:0", &s));
    snprintf(address, sizeof address, "tcp://127.0.0.1:%d",
             cede_server_port(s));
    CEDE_GROUP(g);
    int rc = cede_go(&g, run_server, ((void *[]){s, p}));
    if (rc == 0)
        rc = fetch_all(p, address);
    cede_server_stop(s, CEDE_NEVER);
    rc = cede_join_rc(&g, rc);
    cede_server_close(s);
    return rc;
}

static void print_page(const struct fetch *f)
{
    seed_repr(seed_list(f->head, f->head_n));
    printf(" b");
    seed_repr(seed_text(f->body));
    putchar('\n');
}

static void free_page(struct fetch *f)
{
    for (size_t i = 0; i < f->head_n; i++)
        free((void *)(uintptr_t)f->head[i].as.text);
    free(f->body);
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 5, "--clock virtual|real PATHS STATUS TAG");
    struct program p = {.status = argv[4], .tag = argv[5]};
    const char *const *paths = seed_texts(argv[3], &p.n);
    if (p.n > MOST)
        seed_refuse("more than 64", argv[3]);
    for (size_t i = 0; i < p.n; i++)
        p.fetch[i].path = paths[i];
    int rc = seed_run(argv, amain, &p);
    for (size_t i = 0; i < p.n; i++) {
        if (rc >= 0)
            print_page(&p.fetch[i]);
        free_page(&p.fetch[i]);
    }
    return rc < 0;
}
