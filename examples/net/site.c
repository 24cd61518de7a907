/* SPDX-License-Identifier: MIT
 *
 * site.c - the pages of a site; see site.h.
 */
#define _GNU_SOURCE /* tdestroy */
#include "site.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_url(const void *a, const void *b)
{
    return strcmp(((const struct url *)a)->text, ((const struct url *)b)->text);
}

static int add(struct site *s, const struct url *url, const struct page *from)
{
    struct page *page = malloc(sizeof *page);
    if (!page)
        return -ENOMEM;
    *page = (struct page){.url = *url, .from = from};
    if (!tsearch(page, &s->known, by_url)) {
        free(page);
        return -ENOMEM;
    }
    s->n++;
    return cede_put(s->todo, &page);
}

int site_open(struct site *s, const char *start, int most)
{
    *s = (struct site){.most = most, .last_broken = &s->broken};
    CEDE_TRY(url_parse(start, &s->start));
    s->todo = cede_queue_new(sizeof(struct page *), SIZE_MAX);
    int rc = add(s, &s->start, NULL); /* without a queue: -ENOMEM */
    if (rc < 0)
        site_close(s);
    return rc;
}

void site_close(void *site)
{
    struct site *s = site;
    cede_queue_free(s->todo);
    tdestroy(s->known, free);
}

int site_link(struct site *s, const struct page *from, const char *link,
              size_t n)
{
    struct url url;
    if (url_resolve(&from->url, link, n, &url) < 0 ||
        !url_same_site(&url, &s->start))
        return s->elsewhere++, 0;
    if (tfind(&url, &s->known, by_url))
        return 0;
    if (s->n == s->most)
        return s->ignored++, 0;
    return add(s, &url, from);
}

void site_broken(struct site *s, struct page *page, const char *why)
{
    snprintf(page->why, sizeof page->why, "%s", why);
    *s->last_broken = page;
    s->last_broken = &page->next_broken;
    s->n_broken++;
}

void site_print_broken(const struct site *s)
{
    for (const struct page *p = s->broken; p; p = p->next_broken)
        printf("broken  %s: %s%s%s\n", p->url.text, p->why,
               p->from ? ", linked from " : "",
               p->from ? p->from->url.text : "");
}
