/* SPDX-License-Identifier: MIT
 *
 * feed_test.c - the feed of cede-quotes: who keeps up gets everything, who
 * does not the latest.
 */
#include "../check.h"
#include "feed.h"

static struct feed *feed;

static void add(size_t key, int n)
{
    char text[64];
    int size = snprintf(text, sizeof text, "key %zu: %d\n", key, n);
    CHECK_OK(feed_add(feed, key, text, (size_t)size));
}

/* What a listener takes next, as text; "" if there is nothing. */
static const char *taken(struct listener *l)
{
    static char shown[FEED_CHUNK + 1];
    char *text;
    int size = feed_take(feed, l, &text);
    CHECK_OK(size);
    CHECK((size > 0) == (text != NULL));
    memcpy(shown, text ? text : "", (size_t)size);
    shown[size] = '\0';
    free(text);
    return shown;
}

/* All that a listener can take: how many lines, and the last number. */
static int count(struct listener *l, int *last)
{
    int lines = 0;
    for (const char *text; *(text = taken(l));)
        for (const char *at = text; *at; lines++, at = strchr(at, '\n') + 1)
            sscanf(at, "key %*u: %d", last);
    return lines;
}

TEST(each_listener_gets_every_record_once_and_in_order)
{
    feed = feed_new();
    struct listener a = {0};
    struct listener b = {0};
    add(0, 1);
    add(1, 2);
    CHECK_STR_EQ(taken(&a), "key 0: 1\nkey 1: 2\n");
    CHECK_STR_EQ(taken(&a), "");
    add(0, 3);
    CHECK_STR_EQ(taken(&a), "key 0: 3\n");
    CHECK_STR_EQ(taken(&b), "key 0: 1\nkey 1: 2\nkey 0: 3\n");
    CHECK_STR_EQ(taken(&b), "");
    feed_free(feed);
}

TEST(a_number_resumes_behind_that_record)
{
    feed = feed_new();
    for (int i = 0; i < 5; i++)
        add(0, i);
    struct listener l = {.next = 3};
    CHECK_STR_EQ(taken(&l), "key 0: 3\nkey 0: 4\n");
    feed_free(feed);
}

TEST(who_keeps_up_misses_nothing_while_the_ring_goes_round)
{
    feed = feed_new();
    struct listener l = {0};
    int got = 0;
    int last = -1;
    for (int i = 0; i < 300000; i++) {
        add((size_t)(i % 7), i);
        if (i % 1000 == 999) {
            got += count(&l, &last);
            CHECK_EQ(last, i);
        }
    }
    CHECK_EQ(got, 300000);
    CHECK(!l.behind);
    feed_free(feed);
}

TEST(who_falls_behind_gets_the_latest_of_each_key_in_order)
{
    feed = feed_new();
    struct listener slow = {0};
    add(2, 0);
    CHECK_STR_EQ(taken(&slow), "key 2: 0\n");
    add(3, 1); /* old, but the latest of its key */
    for (int i = 2; i < 10 * FEED_RECORDS; i++)
        add((size_t)(i % 2), i);
    char want[64];
    snprintf(want, sizeof want, "key 3: 1\nkey 0: %d\nkey 1: %d\n",
             10 * FEED_RECORDS - 2, 10 * FEED_RECORDS - 1);
    CHECK_STR_EQ(taken(&slow), want);
    CHECK_STR_EQ(taken(&slow), "");

    /* And everything again, now that it has caught up. */
    add(0, 5);
    add(0, 6);
    CHECK_STR_EQ(taken(&slow), "key 0: 5\nkey 0: 6\n");
    feed_free(feed);
}

TEST(catching_up_goes_on_with_the_latest_until_it_is_done)
{
    feed = feed_new();
    struct listener slow = {0};
    static char large[FEED_CHUNK];
    memset(large, 'x', sizeof large);
    add(0, 0);
    taken(&slow);
    for (size_t i = 0; i < 100; i++) /* each fills a chunk */
        CHECK_OK(feed_add(feed, i % 4, large, sizeof large));
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(strlen(taken(&slow)), FEED_CHUNK);
        CHECK(slow.behind);
    }
    add(1, 7); /* its large one is out of date; two and three are had */
    CHECK_EQ(strlen(taken(&slow)), FEED_CHUNK);
    CHECK_STR_EQ(taken(&slow), "key 1: 7\n");
    CHECK(!slow.behind);
    feed_free(feed);
}

TEST(who_comes_late_gets_what_the_ring_still_has)
{
    feed = feed_new();
    for (int i = 0; i < 2 * FEED_RECORDS; i++)
        add(0, i);
    struct listener late = {0};
    int last;
    CHECK_EQ(count(&late, &last), FEED_RECORDS - 1);
    CHECK_EQ(last, 2 * FEED_RECORDS - 1);
    feed_free(feed);
}

TEST(records_of_all_sizes_stay_whole)
{
    feed = feed_new();
    static char text[FEED_CHUNK];
    struct listener l = {0};
    unsigned random = 1;
    for (int i = 0; i < 20000; i++) {
        random = random * 1103515245u + 12345u;
        size_t size = 1 + (random >> 8) % (i % 50 ? 300u : sizeof text);
        memset(text, 'a' + i % 26, size);
        text[size - 1] = '\n';
        CHECK_OK(feed_add(feed, (size_t)(i % 3), text, size));
        char *got;
        CHECK_EQ(feed_take(feed, &l, &got), size);
        CHECK(memcmp(got, text, size) == 0);
        free(got);
    }
    feed_free(feed);
}

/* Are these lines of one letter each, none of them empty? */
static bool are_whole(const char *lines)
{
    for (const char *at = lines; *at; at++)
        if (at[1] && *at != '\n' && at[1] != '\n' && at[1] != *at)
            return false;
    return *lines != '\n';
}

TEST(the_oldest_record_of_the_ring_is_whole)
{
    feed = feed_new();
    char text[256];
    for (int i = 0; i < 12000; i++) {
        size_t size = 130 + (size_t)i % 119;
        memset(text, 'a' + i % 26, size);
        text[size - 1] = '\n';
        CHECK_OK(feed_add(feed, 0, text, size));
        struct listener late = {0};
        if (i > 3000)
            CHECK(are_whole(taken(&late)));
    }
    feed_free(feed);
}

TEST(a_record_that_no_chunk_can_hold_is_refused)
{
    feed = feed_new();
    static char text[FEED_CHUNK + 1];
    CHECK_ERR(feed_add(feed, 0, text, sizeof text), -EMSGSIZE);
    CHECK_ERR(feed_add(feed, 0, text, 0), -EMSGSIZE);
    CHECK_OK(feed_add(feed, 0, text, sizeof text - 1));
    feed_free(feed);
}

/* ---- waiting --------------------------------------------------------- */

static int woken;

static int listen_to_it(void *arg)
{
    (void)arg;
    struct listener l = {0};
    int rc;
    while ((rc = feed_wait(feed, &l)) > 0) {
        taken(&l);
        woken++;
    }
    return rc;
}

VIRTUAL_TEST(listeners_wake_at_once_and_then_every_four_milliseconds)
{
    feed = feed_new();
    CEDE_GROUP(group);
    cede_go(&group, feed_pulse, feed);
    cede_go(&group, listen_to_it, NULL);
    CHECK_OK(cede_sleep(CEDE_SEC));
    cede_time start = cede_now();
    add(0, 0);
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(woken, 1);
    CHECK_EQ(cede_now(), start);
    for (int i = 1; i < 1000; i++) {
        add(0, i);
        CHECK_OK(cede_sleep(CEDE_MS / 10));
    }
    CHECK(woken <= 27);
    CHECK(woken >= 25);
    cede_group_cancel(&group);
    CHECK_EQ(cede_join(&group), 0);
    feed_free(feed);
}

VIRTUAL_TEST(the_end_comes_behind_the_last_record)
{
    feed = feed_new();
    CEDE_GROUP(pulse);
    cede_go(&pulse, feed_pulse, feed);
    CEDE_GROUP(listeners);
    for (int i = 0; i < 3; i++)
        cede_go(&listeners, listen_to_it, NULL);
    CHECK_OK(cede_sleep(CEDE_SEC));
    add(0, 1);
    feed_end(feed);
    CHECK_EQ(cede_join(&listeners), 0);
    CHECK_EQ(woken, 3);
    cede_group_cancel(&pulse);
    CHECK_EQ(cede_join(&pulse), 0);
    feed_free(feed);
}

SUITE("feed")
