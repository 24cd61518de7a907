/* SPDX-License-Identifier: MIT
 *
 * queue_order_test.c - queues whose items come out in another order than that
 * of coming: last in, first out; and sorted, equals as they came.
 */
#include "check.h"

static cede_queue *q;

static void puts_all(const int *items, int n)
{
    for (int i = 0; i < n; i++)
        CHECK_EQ(cede_try_put(q, &items[i]), 0);
}

static void note_all(void)
{
    for (int x; cede_try_get(q, &x) > 0;)
        note("%d ", x);
}

static int ascending(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

/* ---- last in, first out ------------------------------------------------ */

TEST(what_was_put_last_is_got_first)
{
    q = cede_queue_new_lifo(sizeof(int), 3);
    puts_all((int[]){1, 2, 3}, 3);
    CHECK_ERR(cede_try_put(q, &(int){4}), -EAGAIN);
    int x;
    CHECK_EQ(cede_try_get(q, &x), 1);
    CHECK_EQ(x, 3);
    CHECK_EQ(cede_try_put(q, &(int){5}), 0);
    note_all();
    CHECK_NOTED("5 2 1 ");
    CHECK_ERR(cede_try_get(q, &x), -EAGAIN);
    CHECK_EQ(cede_queue_peak(q), 3);
    cede_queue_free(q);
}

TEST(a_stack_without_a_limit_grows)
{
    q = cede_queue_new_lifo(sizeof(int), SIZE_MAX);
    for (int i = 0; i < 1000; i++)
        CHECK_EQ(cede_try_put(q, &i), 0);
    CHECK_EQ(cede_queue_count(q), 1000);
    for (int i = 1000, x; i-- > 0;) {
        CHECK_EQ(cede_try_get(q, &x), 1);
        CHECK_EQ(x, i);
    }
    cede_queue_free(q);
}

static int puts_number(void *number)
{
    return cede_put(q, number);
}

TASK_TEST(who_waits_to_put_on_a_full_stack_comes_on_top_when_there_is_room)
{
    q = cede_queue_new_lifo(sizeof(int), 2);
    puts_all((int[]){1, 2}, 2);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, puts_number, &(int){3}));
    CHECK_OK(cede_go(&g, puts_number, &(int){4}));
    CHECK_OK(cede_sleep(0));
    note_all();
    CHECK_NOTED("2 3 4 1 ");
    CHECK_OK(cede_join(&g));
    cede_queue_free(q);
}

/* ---- sorted ------------------------------------------------------------ */

TEST(what_comes_first_in_the_order_is_got_first)
{
    q = cede_queue_new_sorted(sizeof(int), 6, ascending);
    puts_all((int[]){3, 1, 4, 1, 5, 9}, 6);
    CHECK_ERR(cede_try_put(q, &(int){2}), -EAGAIN);
    note_all();
    CHECK_NOTED("1 1 3 4 5 9 ");
    CHECK_EQ(cede_queue_count(q), 0);
    cede_queue_free(q);
}

struct job {
    int urgency, number;
};

static int by_urgency(const void *a, const void *b)
{
    return ascending(&((const struct job *)a)->urgency,
                     &((const struct job *)b)->urgency);
}

TEST(equals_come_out_as_they_came)
{
    q = cede_queue_new_sorted(sizeof(struct job), SIZE_MAX, by_urgency);
    for (int i = 0; i < 500; i++)
        CHECK_EQ(cede_try_put(q, &(struct job){i * 7 % 3, i}), 0);
    struct job last = {-1, -1}, job;
    for (int i = 0; i < 500; i++) {
        CHECK_EQ(cede_try_get(q, &job), 1);
        CHECK(job.urgency > last.urgency ||
              (job.urgency == last.urgency && job.number > last.number));
        last = job;
    }
    cede_queue_free(q);
}

static int gets_into(void *x)
{
    int rc = cede_get(q, x);
    note("got %d ", *(int *)x);
    return rc;
}

TASK_TEST(getters_of_a_sorted_queue_are_served_in_the_order_they_came)
{
    q = cede_queue_new_sorted(sizeof(int), 4, ascending);
    int x[2];
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, gets_into, &x[0]));
    CHECK_OK(cede_go(&g, gets_into, &x[1]));
    CHECK_OK(cede_sleep(0));
    puts_all((int[]){9, 4, 2}, 3);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("got 9 got 4 ");
    CHECK_EQ(cede_queue_count(q), 1);
    cede_queue_free(q);
}

TASK_TEST(who_waits_to_put_into_a_full_sorted_queue_is_sorted_in)
{
    q = cede_queue_new_sorted(sizeof(int), 2, ascending);
    puts_all((int[]){5, 7}, 2);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, puts_number, &(int){6}));
    CHECK_OK(cede_go(&g, puts_number, &(int){1}));
    CHECK_OK(cede_sleep(0));
    note_all();
    CHECK_NOTED("5 6 1 7 ");
    CHECK_OK(cede_join(&g));
    cede_queue_free(q);
}

TASK_TEST(a_sorted_rendezvous_holds_nothing)
{
    q = cede_queue_new_sorted(sizeof(int), 0, ascending);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, puts_number, &(int){6}));
    CHECK_OK(cede_go(&g, puts_number, &(int){1}));
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_queue_count(q), 0);
    note_all();
    CHECK_NOTED("6 1 ");
    CHECK_OK(cede_join(&g));
    cede_queue_free(q);
}

/* ---- as other queues --------------------------------------------------- */

static int sum_discarded;

static void add_discarded(void *item)
{
    sum_discarded += *(int *)item;
}

TEST(every_item_of_a_stack_or_a_sorted_queue_is_discarded)
{
    cede_queue *both[] = {cede_queue_new_lifo(sizeof(int), 4),
                          cede_queue_new_sorted(sizeof(int), 4, ascending)};
    for (int i = 0; i < 2; i++) {
        q = both[i];
        sum_discarded = 0;
        cede_queue_on_discard(q, add_discarded);
        puts_all((int[]){4, 2, 8, 1}, 4);
        cede_queue_discard(q);
        CHECK_EQ(sum_discarded, 15);
        CHECK_EQ(cede_queue_join(q), 0);
        cede_queue_free(q);
    }
}

TEST(a_closed_stack_or_sorted_queue_is_drained)
{
    cede_queue *both[] = {cede_queue_new_lifo(sizeof(int), 4),
                          cede_queue_new_sorted(sizeof(int), 4, ascending)};
    for (int i = 0; i < 2; i++) {
        q = both[i];
        puts_all((int[]){2, 3, 1}, 3);
        cede_queue_close(q);
        CHECK_ERR(cede_try_put(q, &(int){4}), CEDE_ECLOSED);
        note_all();
        CHECK_EQ(cede_try_get(q, NULL), 0);
        cede_queue_free(q);
    }
    CHECK_NOTED("1 3 2 1 2 3 ");
}

TEST(a_stack_or_sorted_queue_no_memory_could_hold_is_null)
{
    CHECK(!cede_queue_new_lifo(SIZE_MAX / 2, 4));
    CHECK(!cede_queue_new_sorted(SIZE_MAX / 2, 4, ascending));
    CHECK(!cede_queue_new_sorted(SIZE_MAX - 4, 1, ascending));
    CHECK(!cede_queue_new_sorted(8, SIZE_MAX / 16, ascending));
}

/* ---- against a model --------------------------------------------------- */

static unsigned seed;

static unsigned dice(unsigned sides)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 16) % sides;
}

enum { MOST = 300 };

/* What is there, as it came. */
static struct job model[MOST];
static int n_model;

static int next_of_model(bool sorted)
{
    int first = sorted ? 0 : n_model - 1;
    for (int i = 1; sorted && i < n_model; i++)
        if (model[i].urgency < model[first].urgency)
            first = i;
    return first;
}

static void check_get(bool sorted)
{
    struct job job;
    if (n_model == 0) {
        CHECK_ERR(cede_try_get(q, &job), -EAGAIN);
        return;
    }
    int i = next_of_model(sorted);
    CHECK_EQ(cede_try_get(q, &job), 1);
    CHECK_EQ(job.number, model[i].number);
    memmove(&model[i], &model[i + 1],
            (size_t)(--n_model - i) * sizeof model[0]);
}

static void check_put(int number, int capacity)
{
    struct job job = {(int)dice(10), number};
    if (n_model == capacity) {
        CHECK_ERR(cede_try_put(q, &job), -EAGAIN);
        return;
    }
    CHECK_EQ(cede_try_put(q, &job), 0);
    model[n_model++] = job;
}

static void play(bool sorted, size_t capacity)
{
    q = sorted ? cede_queue_new_sorted(sizeof(struct job), capacity, by_urgency)
               : cede_queue_new_lifo(sizeof(struct job), capacity);
    n_model = 0;
    unsigned bias = 1 + dice(3);
    for (int i = 0; i < MOST; i++) {
        if (dice(4) < bias)
            check_get(sorted);
        else
            check_put(i, capacity < MOST ? (int)capacity : MOST);
        CHECK_EQ(cede_queue_count(q), n_model);
    }
    while (n_model > 0)
        check_get(sorted);
    cede_queue_free(q);
}

TEST(every_game_goes_as_with_a_simple_model)
{
    for (int i = 0; i < rounds(400); i++) {
        seed = (unsigned)i;
        play(i % 2, i % 3 ? 1 + dice(40) : SIZE_MAX);
    }
}

SUITE("queue_order")
