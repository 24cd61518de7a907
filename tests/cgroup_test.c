/* SPDX-License-Identifier: MIT
 *
 * cgroup_test.c - what a control group's memory limit leaves is read right:
 * shown with folders made to look like control groups, by the library's own
 * function.  cgroup_kernel_test.c has real ones.
 */
#define _GNU_SOURCE /* nftw */
#include "check.h"
#include "ctx/limit.h"
#include <ftw.h>
#include <sys/stat.h>

#define MIB ((uint64_t)1 << 20)

static char root[64], self[80];

static void make_root(const char *own_groups)
{
    strcpy(root, "/tmp/cede_cgroup_XXXXXX");
    CHECK(mkdtemp(root) != NULL);
    snprintf(self, sizeof self, "%s/self", root);
    FILE *file = fopen(self, "w");
    CHECK(file != NULL && fputs(own_groups, file) >= 0);
    CHECK_EQ(fclose(file), 0);
}

static void put_file(const char *dir, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s%s", root, dir);
    CHECK(mkdir(path, 0700) == 0 || errno == EEXIST);
    snprintf(path, sizeof path, "%s%s/%s", root, dir, name);
    FILE *file = fopen(path, "w");
    CHECK(file != NULL && fprintf(file, "%s\n", text) > 0);
    CHECK_EQ(fclose(file), 0);
}

static int remove_it(const char *path, const struct stat *s, int type,
                     struct FTW *at)
{
    (void)s, (void)type, (void)at;
    return remove(path);
}

/* How much is left; the folders go. */
static uint64_t room(void)
{
    uint64_t left = cd_limit_room(self, root);
    CHECK_EQ(nftw(root, remove_it, 8, FTW_DEPTH | FTW_PHYS), 0);
    return left;
}

TEST(a_limit_leaves_all_but_a_sixteenth_of_it_and_what_is_used)
{
    make_root("0::/a\n");
    put_file("/a", "memory.max", "268435456"); /* 256 MiB */
    put_file("/a", "memory.current", "104857600");
    put_file("/a", "memory.stat", "anon 104857600\nfile 0");
    CHECK_EQ(room(), 140 * MIB);
}

TEST(the_page_cache_is_not_used_up)
{
    make_root("0::/a\n");
    put_file("/a", "memory.max", "268435456");
    put_file("/a", "memory.current", "104857600");
    put_file("/a", "memory.stat",
             "file 9\ninactive_file 52428800\nactive_file 10485760\nslab 5");
    CHECK_EQ(room(), 200 * MIB);
}

TEST(a_limit_that_is_used_up_leaves_nothing)
{
    make_root("0::/a\n");
    put_file("/a", "memory.max", "268435456");
    put_file("/a", "memory.current", "268435456");
    CHECK_EQ(room(), 0);
}

TEST(the_nearest_limit_of_all_groups_above_counts)
{
    make_root("0::/a/b\n");
    put_file("/a", "memory.max", "134217728"); /* 128 MiB, for both */
    put_file("/a", "memory.current", "73400320");
    put_file("/a/b", "memory.max", "268435456");
    put_file("/a/b", "memory.current", "1048576");
    CHECK_EQ(room(), 50 * MIB);
}

TEST(a_group_without_a_limit_leaves_everything)
{
    make_root("1:name=systemd:/a\n0::/a\n");
    put_file("/a", "memory.max", "max");
    put_file("/a", "memory.current", "104857600");
    CHECK(room() == UINT64_MAX);
}

TEST(the_first_version_is_read_where_it_has_the_memory)
{
    make_root("5:cpu:/x\n4:memory:/a\n0::/\n");
    put_file("/memory", "memory.limit_in_bytes", "9223372036854771712");
    put_file("/memory/a", "memory.limit_in_bytes", "268435456");
    put_file("/memory/a", "memory.usage_in_bytes", "104857600");
    put_file("/memory/a", "memory.stat",
             "inactive_file 1\ntotal_inactive_file 52428800\n"
             "total_active_file 10485760");
    CHECK_EQ(room(), 200 * MIB);
}

TEST(a_container_that_sees_only_the_top_reads_that)
{
    make_root("4:memory:/docker/0123456789abcdef\n0::/\n");
    put_file("/memory", "memory.limit_in_bytes", "268435456");
    put_file("/memory", "memory.usage_in_bytes", "0");
    CHECK_EQ(room(), 240 * MIB);
}

TEST(without_control_groups_there_is_no_limit)
{
    make_root("");
    CHECK(room() == UINT64_MAX);
    make_root("0::/\n");
    CHECK(room() == UINT64_MAX);
    CHECK(cd_limit_room("/nowhere", "/nowhere") == UINT64_MAX);
}

SUITE("cgroup")
