/* SPDX-License-Identifier: MIT
 *
 * tempdir_test.c - a temporary directory: removed in every case, with all
 * that is in it and nothing that is not.
 */
#define _GNU_SOURCE /* asprintf */
#include "check.h"
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

static bool exists(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

static void make_file(int dir, const char *name)
{
    int fd = openat(dir, name, O_CREAT | O_WRONLY | O_EXCL, 0600);
    CHECK(fd >= 0);
    CHECK_EQ(write(fd, "x", 1), 1);
    close(fd);
}

static char path[4096]; /* of the directory, for after the block */

/* A block over a directory filled by `fill`; in memory, if there is a place
 * for it, as some are filled with much. */
static int with_filled(void (*fill)(int dir))
{
    int rc;
    cede_tempdir t = {.in = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : NULL};
    cede_using (rc, &cede_manager_tempdir, &t) {
        strcpy(path, t.path);
        fill(t.fd);
    }
    return rc;
}

static void fill_nothing(int dir)
{
    (void)dir;
}

/* ---- making ---------------------------------------------------------- */

TEST(the_directory_is_there_in_the_block_and_gone_after_it)
{
    int rc;
    cede_tempdir t = {0};
    cede_using (rc, &cede_manager_tempdir, &t) {
        struct stat st;
        CHECK_EQ(lstat(t.path, &st), 0);
        CHECK_EQ(st.st_mode, S_IFDIR | 0700);
        CHECK(t.path[0] == '/');
        strcpy(path, t.path);
        rc = -EIO;
    }
    CHECK_ERR(rc, -EIO);
    CHECK(!exists(path));
    CHECK(t.path == NULL);
    CHECK_EQ(t.fd, -1);
}

TEST(every_block_has_a_directory_of_its_own)
{
    int rc;
    cede_tempdir t = {0}, u = {0};
    CEDE_USE(rc, &cede_manager_tempdir, &t);
    CEDE_USE(rc, &cede_manager_tempdir, &u);
    CHECK_OK(rc);
    CHECK(strcmp(t.path, u.path) != 0);
}

TEST(it_is_made_where_the_environment_or_the_user_says)
{
    int rc;
    cede_tempdir outer = {0};
    CEDE_USE(rc, &cede_manager_tempdir, &outer);
    CHECK_OK(rc);
    CHECK_EQ(setenv("TMPDIR", outer.path, 1), 0);
    cede_tempdir inner = {0}, given = {.in = "/tmp"};
    cede_using (rc, &cede_manager_tempdir, &inner)
        CHECK(strncmp(inner.path, outer.path, strlen(outer.path)) == 0);
    cede_using (rc, &cede_manager_tempdir, &given)
        CHECK(strncmp(given.path, "/tmp/cede-", 10) == 0);
    CHECK_EQ(rc, 0);
}

TEST(a_relative_place_is_found_again_from_elsewhere)
{
    int rc;
    cede_tempdir t = {.in = "."};
    CHECK_EQ(chdir("/tmp"), 0);
    cede_using (rc, &cede_manager_tempdir, &t) {
        strcpy(path, t.path);
        CHECK_EQ(chdir("/"), 0);
    }
    CHECK_EQ(rc, 0);
    CHECK(!exists(path));
}

TEST(no_place_for_it_skips_the_block)
{
    int rc;
    cede_tempdir t = {.in = "/no/such/directory"};
    errno = 77;
    cede_using (rc, &cede_manager_tempdir, &t)
        note("never");
    CHECK_ERR(rc, -ENOENT);
    CHECK(strstr(cede_message(), "/no/such/directory"));
    CHECK_NOTED("");
    CHECK_EQ(errno, 77);
}

/* ---- removing -------------------------------------------------------- */

static void fill_many(int dir)
{
    for (int i = 0; i < 300; i++) {
        char name[16];
        snprintf(name, sizeof name, "f%d", i);
        make_file(dir, name);
        snprintf(name, sizeof name, "d%d", i);
        CHECK_EQ(mkdirat(dir, name, 0700), 0);
        snprintf(name, sizeof name, "d%d/x", i);
        make_file(dir, name);
    }
}

TEST(all_that_is_in_it_is_removed)
{
    CHECK_EQ(with_filled(fill_nothing), 0);
    CHECK(!exists(path));
    CHECK_EQ(with_filled(fill_many), 0);
    CHECK(!exists(path));
}

/* Deeper than a path may be long, and than there are descriptors. */
static void fill_deep(int dir)
{
    int at = dup(dir);
    for (int i = 0; i < 1000; i++) {
        make_file(at, ".0");
        CHECK_EQ(mkdirat(at, ".1", 0700), 0);
        CHECK_EQ(mkdirat(at, ".2", 0700), 0);
        make_file(at, ".2/file");
        CHECK_EQ(mkdirat(at, "one_level_deeper", 0700), 0);
        int next = openat(at, "one_level_deeper", O_RDONLY | O_DIRECTORY);
        CHECK(next >= 0);
        close(at);
        at = next;
    }
    close(at);
}

TEST(trees_of_any_depth_are_removed_with_few_descriptors)
{
    struct rlimit few = {16, 16};
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
    CHECK_EQ(with_filled(fill_deep), 0);
    CHECK(!exists(path));
}

/* What is moved up while .0 is emptied cannot be called .0 itself. */
static void fill_taken_name(int dir)
{
    CHECK_EQ(mkdirat(dir, ".0", 0700), 0);
    CHECK_EQ(mkdirat(dir, ".0/sub", 0700), 0);
    make_file(dir, ".0/sub/x");
}

TEST(names_that_removal_uses_itself_may_be_taken)
{
    CHECK_EQ(with_filled(fill_taken_name), 0);
    CHECK(!exists(path));
}

static char outside[64];

static void fill_links(int dir)
{
    CHECK_EQ(symlinkat(outside, dir, "link"), 0);
    CHECK_EQ(mkdirat(dir, "sub", 0700), 0);
    CHECK_EQ(symlinkat(outside, dir, "sub/link"), 0);
    CHECK_EQ(symlinkat("/no/such/file", dir, "dangling"), 0);
    CHECK_EQ(symlinkat("..", dir, "sub/up"), 0);
    CHECK_EQ(linkat(dir, "sub/link", dir, "again", 0), 0);
}

TEST(symbolic_links_are_removed_and_not_followed)
{
    int rc;
    cede_tempdir other = {0};
    CEDE_USE(rc, &cede_manager_tempdir, &other);
    CHECK_OK(rc);
    make_file(other.fd, "precious");
    CHECK(strlen(other.path) < sizeof outside);
    strcpy(outside, other.path);
    CHECK_EQ(with_filled(fill_links), 0);
    CHECK(!exists(path));
    CHECK_EQ(faccessat(other.fd, "precious", F_OK, 0), 0);
}

static void fill_read_only(int dir)
{
    CHECK_EQ(mkdirat(dir, "a", 0700), 0);
    CHECK_EQ(mkdirat(dir, "a/b", 0700), 0);
    make_file(dir, "a/b/c");
    CHECK_EQ(fchmodat(dir, "a/b", 0500, 0), 0);
    CHECK_EQ(fchmodat(dir, "a", 0500, 0), 0);
    CHECK_EQ(fchmod(dir, 0500), 0);
}

static void fill_forbidden(int dir)
{
    CHECK_EQ(mkdirat(dir, "a", 0700), 0);
    CHECK_EQ(mkdirat(dir, "a/b", 0700), 0);
    make_file(dir, "a/b/c");
    CHECK_EQ(mkdirat(dir, "empty", 0), 0);
    CHECK_EQ(fchmodat(dir, "a/b", 0, 0), 0);
    CHECK_EQ(fchmodat(dir, "a", 0, 0), 0);
    CHECK_EQ(fchmod(dir, 0), 0);
}

/* To be filled and removed by nobody, as root may do everything. */
struct filling {
    void (*fill)(int dir);
};

static void removes_as_nobody(void *filling)
{
    const struct filling *f = filling;
    if (geteuid() == 0 && setuid(65534) < 0)
        abort();
    printf("%d", with_filled(f->fill) < 0 || exists(path));
}

TEST(directories_that_were_made_read_only_are_removed)
{
    struct filling f = {fill_read_only};
    CHECK_STR_EQ(OUTPUT_OF(removes_as_nobody, &f)->text, "0");
}

TEST(directories_that_may_not_even_be_read_are_removed)
{
    struct filling f = {fill_forbidden};
    CHECK_STR_EQ(OUTPUT_OF(removes_as_nobody, &f)->text, "0");
}

static void remove_it(int dir)
{
    make_file(dir, "x");
    CHECK_EQ(unlinkat(dir, "x", 0), 0);
    CHECK_EQ(rmdir(path), 0);
}

TEST(a_block_may_remove_it_itself)
{
    CHECK_EQ(with_filled(remove_it), 0);
    CHECK(!exists(path));
}

/* ---- renamed, or replaced ------------------------------------------- */

static char published[4200];

static void publish(int dir)
{
    make_file(dir, "work");
    snprintf(published, sizeof published, "%s.done", path);
    CHECK_EQ(rename(path, published), 0);
}

static void check_published(void)
{
    char work[4300];
    snprintf(work, sizeof work, "%s/work", published);
    CHECK_EQ(unlink(work), 0);
    CHECK_EQ(rmdir(published), 0);
}

TEST(a_block_may_rename_it_and_keep_what_is_in_it)
{
    CHECK_EQ(with_filled(publish), 0);
    CHECK(!exists(path));
    check_published();
}

static void publish_and_make_another(int dir)
{
    publish(dir);
    CHECK_EQ(mkdir(path, 0700), 0);
}

TEST(another_directory_in_its_place_is_left_alone_and_told)
{
    CHECK_ERR(with_filled(publish_and_make_another), -EEXIST);
    check_published();
    CHECK_EQ(rmdir(path), 0);
}

static void put_a_link_in_its_place(int dir)
{
    make_file(dir, "x");
    CHECK_EQ(unlinkat(dir, "x", 0), 0);
    CHECK_EQ(rmdir(path), 0);
    CHECK_EQ(symlink(outside, path), 0);
}

TEST(a_link_in_its_place_is_not_followed_and_told)
{
    int rc;
    cede_tempdir other = {0};
    CEDE_USE(rc, &cede_manager_tempdir, &other);
    CHECK_OK(rc);
    make_file(other.fd, "precious");
    strcpy(outside, other.path);
    CHECK_ERR(with_filled(put_a_link_in_its_place), -ENOTDIR);
    CHECK_EQ(faccessat(other.fd, "precious", F_OK, 0), 0);
    CHECK_EQ(unlink(path), 0);
}

/* A directory of root in one that is nobody's, who is us by then. */
static void removes_what_it_may_not(void *unused)
{
    (void)unused;
    cede_tempdir t = {0};
    int rc;
    umask(0);
    cede_using (rc, &cede_manager_tempdir, &t) {
        strcpy(path, t.path);
        make_file(t.fd, "ours");
        CHECK_EQ(mkdirat(t.fd, "foreign", 0755), 0);
        make_file(t.fd, "foreign/x");
        CHECK_EQ(fchown(t.fd, 65534, 65534), 0);
        CHECK_EQ(setresuid(65534, 65534, 0), 0);
    }
    CHECK_EQ(setresuid(0, 0, 0), 0);
    printf("%s; ours %d, foreign %d; %d", cede_strerror(rc),
           faccessat(AT_FDCWD, strcat(strcpy(outside, path), "/ours"), F_OK,
                     0) == 0,
           exists(path), !strstr(cede_message(), path));
    rc = system(strcat(strcpy(outside, "rm -r "), path));
}

TEST(what_cannot_be_removed_is_told_and_the_rest_is_removed)
{
    if (geteuid() != 0)
        return; /* only root can make what it may not remove */
    char want[128];
    snprintf(want, sizeof want, "%s; ours 0, foreign 1; 0",
             cede_strerror(-EACCES));
    CHECK_STR_EQ(OUTPUT_OF(removes_what_it_may_not, NULL)->text, want);
}

SUITE("tempdir")
