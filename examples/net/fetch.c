/* SPDX-License-Identifier: MIT
 *
 * fetch.c - gets many URLs at once, with a bar for each that is under way.
 *
 * As many tasks as may go on at once take the next URL each, until there is
 * none.  What fails is named, and holds up nobody; a file that is not whole is
 * removed.
 */
#include "http.h"
#include "show.h"

#include <string.h>
#include <unistd.h>

static const char usage[] =
    "Usage: net-fetch [-j N] [-t SECONDS] [-o FOLDER] URL...\n"
    "  -j N        so many at once (8)\n"
    "  -t SECONDS  so long each may take (30)\n"
    "  -o FOLDER   save there, by the last part of the name; else only count\n"
    "Exit status: 0; 1 some failed; 2 wrong use; 130 interrupted.\n";

enum { MOST_HOPS = 10 };

struct fetch {
    char **urls;
    int n, next, done, failed;
    int at_once, seconds;
    const char *folder; /* NULL: only count */
    int64_t bytes;
    struct bars bars;
};

/* One of them. */
struct item {
    struct url url;
    struct http reply;
    FILE *file; /* NULL: none */
    char path[2 * URL_SIZE];
};

static int save(void *item, const char *data, size_t n)
{
    struct item *i = item;
    if (i->file && fwrite(data, 1, n, i->file) < n)
        return cede_fail(-errno, "%s: %s", i->path, strerror(errno));
    return 0;
}

/* Its file, never one that is there already. */
static int open_file(struct item *i, const char *folder)
{
    const char *name = i->url.text + i->url.path;
    size_t whole = strcspn(name, "?");
    int n = 0;
    while (name[whole - 1 - (size_t)n] != '/')
        n++;
    name += whole - (size_t)n;
    snprintf(i->path, sizeof i->path, "%s/%.*s", folder, n ? n : 10,
             n ? name : "index.html");
    i->file = fopen(i->path, "wxe");
    return i->file ? 0 : cede_fail(-errno, "%s: %s", i->path, strerror(errno));
}

static int close_file(struct item *i, int rc)
{
    if (!i->file)
        return rc;
    if (fclose(i->file) != 0 && rc >= 0)
        rc = cede_fail(-errno, "%s: %s", i->path, strerror(errno));
    if (rc < 0)
        unlink(i->path);
    return rc;
}

static int get(const struct fetch *f, struct item *i, const char *text)
{
    CEDE_TRY(url_parse(text, &i->url));
    if (f->folder)
        CEDE_TRY(open_file(i, f->folder));
    CEDE_SCOPE(limit, cede_in(f->seconds * CEDE_SEC));
    int rc = cede_leave(&limit, http_follow(&i->reply, &i->url, MOST_HOPS));
    if (rc == -ETIMEDOUT && cede_scope_expired(&limit))
        rc = cede_fail(rc, "it took more than %d s", f->seconds);
    if (rc >= 0 && rc / 100 != 2)
        rc = cede_fail(-ENOENT, "it answered %d", rc);
    return close_file(i, rc);
}

static int fetch(struct fetch *f, const char *text)
{
    struct item item = {.file = NULL};
    item.reply = (struct http){.on_body = save, .arg = &item, .length = -1};
    struct bar bar = {text, &item.reply.received, &item.reply.length, NULL};
    cede_time start = cede_now();
    bars_add(&f->bars, &bar);
    int rc = get(f, &item, text);
    bars_remove(&f->bars, &bar);
    if (rc == -ECANCELED)
        return rc;

    char size[SIZE_TEXT];
    rc < 0 ? f->failed++ : f->done++;
    f->bytes += item.reply.received;
    if (rc < 0)
        bars_line(&f->bars, "failed  %s: %s", text, why(rc));
    else
        bars_line(&f->bars, "%9s  %6.2f s  %s",
                  size_text(item.reply.received, size),
                  (double)(cede_now() - start) / CEDE_SEC, text);
    return 0;
}

static int work(void *arg)
{
    struct fetch *f = arg;
    while (f->next < f->n)
        CEDE_TRY(fetch(f, f->urls[f->next++]));
    return 0;
}

static int run(void *arg)
{
    struct fetch *f = arg;
    cede_time start = cede_clock();
    bars_open(&f->bars, stdout);
    CEDE_GROUP(drawing); /* ends with this function */
    cede_go(&drawing, bars_move, &f->bars);
    CEDE_GROUP(workers);
    for (int i = 0; i < f->at_once && i < f->n; i++)
        cede_go(&workers, work, f);
    int rc = cede_join(&workers);

    char size[SIZE_TEXT];
    bars_line(&f->bars, "%d of %d fetched, %d failed; %s in %.2f s", f->done,
              f->n, f->failed, size_text(f->bytes, size),
              (double)(cede_clock() - start) / CEDE_SEC);
    return rc;
}

int main(int argc, char **argv)
{
    struct fetch f = {.at_once = 8, .seconds = 30};
    const struct choice choices[] = {{'j', 1000, &f.at_once, NULL},
                                     {'t', 86400, &f.seconds, NULL},
                                     {'o', 0, NULL, &f.folder},
                                     {0}};
    int first = read_options(argc, argv, choices, usage);
    if (first < 0)
        return 2;
    f.urls = argv + first;
    f.n = argc - first;
    int status = exit_status("net-fetch", cede_run(run, &f));
    return status ? status : f.failed > 0;
}
