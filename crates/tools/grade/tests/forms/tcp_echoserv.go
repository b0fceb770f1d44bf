// What io.Copy needs for splice(2), a pipe, Go keeps for the next client.
package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"time"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: tcp_echoserv PORT")
		os.Exit(1)
	}
	port, err := strconv.ParseUint(os.Args[1], 10, 16)
	if err != nil || port == 0 {
		fmt.Fprintln(os.Stderr, "no port:", os.Args[1])
		os.Exit(1)
	}
	listener, err := net.Listen("tcp", fmt.Sprint(":", port))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for {
		client, err := listener.Accept()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			time.Sleep(100 * time.Millisecond)
			continue
		}
		go func() {
			defer client.Close()
			io.Copy(client, client)
		}()
	}
}
