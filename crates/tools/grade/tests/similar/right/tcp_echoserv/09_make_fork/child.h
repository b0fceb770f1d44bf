void child(int fd);
