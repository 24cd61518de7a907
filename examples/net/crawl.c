/* SPDX-License-Identifier: MIT
 *
 * crawl.c - follows the links within a site, and reports which are broken.
 *
 * Four workers take pages from a queue and put into it what they find there;
 * when all that was put has been dealt with, there is nothing left to find.
 * One deadline is over all of it.  That nothing is left behind then is
 * counted, not assumed.
 */
#include "http.h"
#include "show.h"
#include "site.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char usage[] =
    "Usage: net-crawl [-j WORKERS] [-t SECONDS] [-n PAGES] URL\n"
    "Follow the links of the site, and report which are broken.\n"
    "By default 4 workers, 30 seconds for all, at most 10000 pages.\n"
    "Exit status: 0; 1 broken links, or not all was seen; 2 wrong use;\n"
    "130 interrupted.\n";

enum { MOST_BYTES = 16 << 20 }; /* of a page */

struct crawl {
    const char *url;
    int workers, seconds, most;
    struct site site;
    int visited;
    int64_t bytes;
};

/* ---- a page ---------------------------------------------------------- */

struct visit {
    struct crawl *crawl;
    struct page *page;
    struct http reply;
    char *html;
    size_t size;
};

static int keep(void *visit, const char *data, size_t n)
{
    struct visit *v = visit;
    if (strncasecmp(v->reply.type, "text/html", strlen("text/html")) != 0)
        return 0;
    char *html = realloc(v->html, v->size + n);
    if (!html)
        return -ENOMEM;
    memcpy(html + v->size, data, n);
    v->html = html;
    v->size += n;
    return 0;
}

static int follow(void *visit, const char *link, size_t n)
{
    struct visit *v = visit;
    return site_link(&v->crawl->site, v->page, link, n);
}

static int visit(struct visit *v)
{
    struct crawl *c = v->crawl;
    int rc = http_get(&v->reply, &v->page->url);
    if (rc == -ECANCELED)
        return rc;
    c->visited++;
    c->bytes += v->reply.received;
    if (http_is_redirect(&v->reply))
        return follow(v, v->reply.location, strlen(v->reply.location));
    if (rc / 100 == 2)
        return links_each(v->html, v->size, follow, v);
    if (rc >= 0)
        rc = cede_fail(-ENOENT, "it answered %d", rc);
    site_broken(&c->site, v->page, why(rc));
    return 0;
}

/* ---- the site -------------------------------------------------------- */

static int work(void *crawl)
{
    struct crawl *c = crawl;
    struct page *page;
    int rc;
    while ((rc = cede_get(c->site.todo, &page)) > 0) {
        struct visit v = {.crawl = c, .page = page};
        v.reply = (struct http){.on_body = keep, .arg = &v, .most = MOST_BYTES};
        rc = visit(&v);
        free(v.html);
        cede_queue_done(c->site.todo);
        CEDE_TRY(rc);
    }
    return rc;
}

static int crawl_site(void *crawl)
{
    struct crawl *c = crawl;
    CEDE_GROUP(workers);
    for (int i = 0; i < c->workers; i++)
        cede_go(&workers, work, c);
    int rc = cede_queue_join(c->site.todo);
    cede_queue_close(c->site.todo);
    return cede_join_rc(&workers, rc);
}

static int run(void *crawl)
{
    struct crawl *c = crawl;
    CEDE_TRY(site_open(&c->site, c->url, c->most));
    CEDE_DEFER(site_close, &c->site);
    int before = descriptors();
    cede_time start = cede_clock();
    int rc = cede_within(c->seconds * CEDE_SEC, crawl_site, c);

    char size[SIZE_TEXT];
    const struct site *s = &c->site;
    site_print_broken(s);
    printf("%d of %d pages, %d broken, %s in %.2f s%s\n", c->visited, s->n,
           s->n_broken, size_text(c->bytes, size),
           (double)(cede_clock() - start) / CEDE_SEC,
           rc == -ETIMEDOUT ? ", which was the deadline" : "");
    printf("not followed: %d elsewhere, %d beyond %d pages\n", s->elsewhere,
           s->ignored, s->most);
    printf("left behind: %zu tasks, %d descriptors\n", cede_tasks(NULL, 0) - 1,
           descriptors() - before);
    return rc == -ETIMEDOUT ? 1 : rc < 0 ? rc : s->n_broken + s->ignored > 0;
}

int main(int argc, char **argv)
{
    struct crawl c = {.workers = 4, .seconds = 30, .most = 10000};
    const struct choice choices[] = {{'j', 1000, &c.workers, NULL},
                                     {'t', 86400, &c.seconds, NULL},
                                     {'n', 1000000, &c.most, NULL},
                                     {0}};
    int first = read_options(argc, argv, choices, usage);
    if (first < 0)
        return 2;
    c.url = argv[first];
    int rc = cede_run(run, &c);
    return rc > 0 ? rc : exit_status("net-crawl", rc);
}
