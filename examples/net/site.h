/* SPDX-License-Identifier: MIT
 *
 * site.h - the pages of a site: each is found once, visited once, and may turn
 * out to be broken.
 */
#ifndef SITE_H
#define SITE_H

#include "url.h"

struct page {
    struct url url;          /* first: pages are found by it */
    const struct page *from; /* one that links to it; NULL: it is the start */
    struct page *next_broken;
    char why[100]; /* it is broken */
};

struct site {
    struct url start;
    int most;         /* pages */
    cede_queue *todo; /* of struct page *: found, to be visited */
    void *known;      /* all, a tree by URL */
    struct page *broken, **last_broken;
    int n, n_broken;
    int ignored;   /* links to pages beyond `most` */
    int elsewhere; /* links that leave the site, or are no http:// */
};

/* The site of this URL, which is its first page to visit: 0, or why not. */
int site_open(struct site *s, const char *start, int most);
void site_close(void *site);

/* `from` has this link: if it is a page of this site, and new, it is put into
 * the queue.  0; -ENOMEM. */
int site_link(struct site *s, const struct page *from, const char *link,
              size_t n);

void site_broken(struct site *s, struct page *page, const char *why);

/* Which are broken, and where the link is: a line each on standard output. */
void site_print_broken(const struct site *s);

#endif
