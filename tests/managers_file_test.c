/* SPDX-License-Identifier: MIT
 *
 * managers_file_test.c - managers of files, the working directory and
 * redirected output: what was is again, and what failed is told.
 */
#define _GNU_SOURCE /* asprintf */
#include "check.h"
#include <fcntl.h>
#include <sys/stat.h>

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

/* ---- files ----------------------------------------------------------- */

TEST(a_file_is_open_in_the_block_and_closed_after_it)
{
    int rc, fd = -1;
    cede_opening o = {.path = "/dev/null", .flags = O_WRONLY};
    errno = 77;
    cede_using (rc, &cede_manager_open, &o) {
        fd = o.fd;
        CHECK_EQ(rc, fd);
        CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
        rc = -EIO;
    }
    CHECK_ERR(rc, -EIO);
    CHECK(!is_open(fd));
    CHECK_EQ(o.fd, -1);
}

TEST(a_stdio_file_is_close_on_exec_in_any_mode)
{
    int rc;
    const char *const modes[] = {"r", "rb+", "r+", "a"};
    for (size_t i = 0; i < 4; i++) {
        cede_fopening f = {.path = "/dev/null", .mode = modes[i]};
        cede_using (rc, &cede_manager_fopen, &f)
            CHECK_EQ(fcntl(fileno(f.file), F_GETFD), FD_CLOEXEC);
        CHECK_EQ(rc, 0);
    }
}

TEST(a_mode_that_is_none_is_refused)
{
    int rc;
    char longer[100] = "r";
    memset(longer + 1, 'b', sizeof longer - 2);
    const char *const modes[] = {"", "?", longer, NULL};
    for (size_t i = 0; i < 4; i++) {
        cede_fopening f = {.path = "/dev/null", .mode = modes[i]};
        cede_using (rc, &cede_manager_fopen, &f)
            note("never");
        CHECK_ERR(rc, -EINVAL);
        CHECK(strstr(cede_message(), "cannot open '/dev/null'"));
    }
    CHECK_NOTED("");
}

TEST(a_file_that_is_not_there_fails_by_name)
{
    int rc;
    cede_opening o = {.path = "/no/such/file", .flags = O_RDONLY};
    errno = 77;
    cede_using (rc, &cede_manager_open, &o)
        note("never");
    CHECK_ERR(rc, -ENOENT);
    CHECK(strstr(cede_message(), "cannot open '/no/such/file'"));
    CHECK_EQ(errno, 77);
    cede_fopening f = {.path = "/no/such/file", .mode = "r"};
    cede_using (rc, &cede_manager_fopen, &f)
        note("never");
    CHECK_ERR(rc, -ENOENT);
    CHECK(strstr(cede_message(), "cannot open '/no/such/file'"));
    CHECK_NOTED("");
    CHECK_EQ(errno, 77);
}

TEST(a_block_may_close_its_file_itself)
{
    int rc;
    cede_opening o = {.path = "/dev/null", .flags = O_RDONLY};
    cede_using (rc, &cede_manager_open, &o) {
        close(o.fd);
        o.fd = -1;
        rc = 0;
    }
    CHECK_EQ(rc, 0);
    cede_using (rc, &cede_manager_open, &o) {
        close(o.fd);
        rc = 0;
    }
    CHECK_ERR(rc, -EBADF);
    cede_fopening f = {.path = "/dev/null", .mode = "r"};
    cede_using (rc, &cede_manager_fopen, &f) {
        fclose(f.file);
        f.file = NULL;
    }
    CHECK_EQ(rc, 0);
}

TEST(what_was_written_is_in_the_file_after_the_block)
{
    int rc;
    char text[8] = "";
    cede_tempdir dir = {0};
    CEDE_USE(rc, &cede_manager_tempdir, &dir);
    CHECK_OK(rc);
    char *path;
    CHECK(asprintf(&path, "%s/x", dir.path) > 0);
    cede_fopening f = {.path = path, .mode = "w"};
    cede_using (rc, &cede_manager_fopen, &f)
        CHECK(fputs("text", f.file) >= 0);
    CHECK_EQ(rc, 0);
    CHECK(f.file == NULL);
    cede_opening o = {.path = path, .flags = O_RDONLY};
    cede_using (rc, &cede_manager_open, &o)
        CHECK_EQ(read(o.fd, text, sizeof text), 4);
    CHECK_STR_EQ(text, "text");
    free(path);
}

TEST(a_write_that_fails_when_closing_is_the_outcome)
{
    int rc;
    cede_fopening f = {.path = "/dev/full", .mode = "w"};
    cede_using (rc, &cede_manager_fopen, &f)
        CHECK(fputs("text", f.file) >= 0);
    CHECK_ERR(rc, -ENOSPC);
    CHECK(strstr(cede_message(), "cannot close the file"));
}

TEST(a_write_that_failed_unnoticed_is_the_outcome)
{
    int rc;
    cede_fopening f = {.path = "/dev/full", .mode = "w"};
    cede_using (rc, &cede_manager_fopen, &f) {
        fputs("text", f.file);
        fflush(f.file);
    }
    CHECK(rc == -EIO || rc == -ENOSPC);
}

TEST(a_write_that_fails_after_a_failure_goes_to_the_hook)
{
    int rc;
    listen_to_hook();
    cede_fopening f = {.path = "/dev/full", .mode = "w"};
    cede_using (rc, &cede_manager_fopen, &f) {
        fputs("text", f.file);
        rc = -EPIPE;
    }
    CHECK_ERR(rc, -EPIPE);
    CHECK_EQ(hooked.count, 1);
    CHECK_EQ(hooked.err, -ENOSPC);
}

/* ---- the working directory ------------------------------------------- */

static const char *here(void)
{
    static char path[4096];
    CHECK(getcwd(path, sizeof path));
    return path;
}

TEST(the_working_directory_is_changed_in_the_block_alone)
{
    int rc;
    char before[4096];
    strcpy(before, here());
    cede_chdir root = {.path = "/"}, tmp = {.path = "tmp"};
    cede_using (rc, &cede_manager_chdir, &root) {
        CHECK_STR_EQ(here(), "/");
        cede_using (rc, &cede_manager_chdir, &tmp)
            CHECK_STR_EQ(here(), "/tmp");
        CHECK_STR_EQ(here(), "/");
        rc = -EIO;
    }
    CHECK_ERR(rc, -EIO);
    CHECK_STR_EQ(here(), before);
}

TEST(a_directory_that_is_not_there_changes_nothing)
{
    int rc;
    cede_chdir c = {.path = "/no/such/directory"};
    char before[4096];
    strcpy(before, here());
    errno = 77;
    cede_using (rc, &cede_manager_chdir, &c)
        note("never");
    CHECK_ERR(rc, -ENOENT);
    CHECK(strstr(cede_message(), "/no/such/directory"));
    CHECK_STR_EQ(here(), before);
    CHECK_EQ(errno, 77);
    CHECK_EQ(c.back, -1);
}

TEST(the_directory_before_is_found_again_though_it_was_moved)
{
    int rc;
    cede_tempdir dir = {0};
    cede_chdir up = {.path = "/"};
    CEDE_USE(rc, &cede_manager_tempdir, &dir);
    CHECK_OK(rc);
    CHECK_EQ(fchdir(dir.fd), 0);
    CHECK_EQ(mkdir("a", 0700), 0);
    CHECK_EQ(chdir("a"), 0);
    cede_using (rc, &cede_manager_chdir, &up)
        CHECK_EQ(renameat(dir.fd, "a", dir.fd, "b"), 0);
    CHECK_EQ(rc, 0);
    CHECK_STR_EQ(strrchr(here(), '/'), "/b");
    CHECK_EQ(chdir("/"), 0);
}

/* ---- redirected output ----------------------------------------------- */

static const char *content(FILE *file)
{
    static char text[64];
    ssize_t n = pread(fileno(file), text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

static void prints_around_a_redirection(void *file)
{
    int rc;
    cede_redirection r = {.fd = STDOUT_FILENO, .to = fileno(file)};
    printf("before ");
    cede_using (rc, &cede_manager_redirect, &r) {
        printf("printed ");
        rc = -EIO;
    }
    printf("after %d", rc);
}

TEST(what_is_printed_in_the_block_goes_elsewhere)
{
    FILE *file = tmpfile();
    const struct output *o = OUTPUT_OF(prints_around_a_redirection, file);
    CHECK_STR_EQ(o->text, "before after -5");
    CHECK_STR_EQ(content(file), "printed ");
    fclose(file);
}

static void prints_in_nested_redirections(void *files)
{
    FILE **file = files;
    int rc;
    cede_redirection first = {.fd = STDOUT_FILENO, .to = fileno(file[0])};
    cede_redirection then = {.fd = STDOUT_FILENO, .to = fileno(file[1])};
    cede_using (rc, &cede_manager_redirect, &first) {
        printf("1");
        cede_using (rc, &cede_manager_redirect, &then)
            printf("2");
        printf("3");
    }
    printf("4");
}

TEST(redirections_nest)
{
    FILE *file[2] = {tmpfile(), tmpfile()};
    const struct output *o = OUTPUT_OF(prints_in_nested_redirections, file);
    CHECK_STR_EQ(o->text, "4");
    CHECK_STR_EQ(content(file[0]), "13");
    CHECK_STR_EQ(content(file[1]), "2");
    fclose(file[0]);
    fclose(file[1]);
}

static void prints_to_a_full_device(void *unused)
{
    (void)unused;
    int rc;
    cede_redirection r = {.fd = STDOUT_FILENO,
                          .to = open("/dev/full", O_WRONLY)};
    cede_using (rc, &cede_manager_redirect, &r)
        printf("lost");
    printf("%s", cede_strerror(rc));
}

TEST(what_could_not_be_written_is_the_outcome_and_comes_out_nowhere)
{
    const struct output *o = OUTPUT_OF(prints_to_a_full_device, NULL);
    CHECK_STR_EQ(o->text, cede_strerror(-ENOSPC));
}

TEST(a_descriptor_that_is_not_open_is_refused_and_nothing_leaks)
{
    int rc, lowest = dup(0);
    close(lowest);
    cede_redirection r = {.fd = STDOUT_FILENO, .to = 999};
    cede_using (rc, &cede_manager_redirect, &r)
        note("never");
    CHECK_ERR(rc, -EBADF);
    CHECK(strstr(cede_message(), "cannot redirect descriptor 1 to 999"));
    r = (cede_redirection){.fd = 999, .to = STDOUT_FILENO};
    cede_using (rc, &cede_manager_redirect, &r)
        note("never");
    CHECK_ERR(rc, -EBADF);
    CHECK(strstr(cede_message(), "cannot redirect descriptor 999 to 1"));
    CHECK_NOTED("");
    CHECK_EQ(dup(0), lowest);
    CHECK(is_open(STDOUT_FILENO));
}

TEST(any_descriptor_can_be_redirected)
{
    int rc;
    FILE *a = tmpfile(), *b = tmpfile();
    cede_redirection r = {.fd = fileno(a), .to = fileno(b)};
    cede_using (rc, &cede_manager_redirect, &r)
        CHECK_EQ(write(fileno(a), "x", 1), 1);
    CHECK_EQ(rc, 0);
    CHECK_EQ(write(fileno(a), "y", 1), 1);
    CHECK_STR_EQ(content(b), "x");
    CHECK_STR_EQ(content(a), "y");
    fclose(a);
    fclose(b);
}

TEST(a_redirected_descriptor_stays_close_on_exec_or_not)
{
    int rc, to = open("/dev/null", O_WRONLY | O_CLOEXEC);
    for (int flags = 0; flags <= O_CLOEXEC; flags += O_CLOEXEC) {
        int fd = open("/dev/null", O_WRONLY | flags);
        int want = flags ? FD_CLOEXEC : 0;
        cede_redirection r = {.fd = fd, .to = to};
        cede_using (rc, &cede_manager_redirect, &r)
            CHECK_EQ(fcntl(fd, F_GETFD), want);
        CHECK_EQ(rc, 0);
        CHECK_EQ(fcntl(fd, F_GETFD), want);
        close(fd);
    }
}

TEST(a_descriptor_may_be_redirected_to_itself)
{
    int rc, fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    cede_redirection r = {.fd = fd, .to = fd};
    cede_using (rc, &cede_manager_redirect, &r)
        CHECK_EQ(write(fd, "x", 1), 1);
    CHECK_EQ(rc, 0);
    CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
}

SUITE("managers_file")
