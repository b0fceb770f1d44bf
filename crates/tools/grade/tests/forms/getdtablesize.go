package main

import (
	"fmt"
	"os"
	"syscall"
)

func main() {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		fmt.Fprintln(os.Stderr, "getdtablesize:", err)
		os.Exit(1)
	}
	fmt.Println("getdtablesize() =", limit.Cur)
}
