// Holds 40 MB in Go's heap, says what its runtime counts, and waits for the end of its input.
package main

import (
	"fmt"
	"os"
	"runtime"
)

var held [][]byte

func main() {
	for i := 0; i < 2000; i++ {
		block := make([]byte, 20000)
		for j := range block {
			block[j] = 1
		}
		held = append(held, block)
	}
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	fmt.Println("heap-in-use", stats.HeapInuse)
	fmt.Println("heap-sys", stats.HeapSys)
	fmt.Println("stack-sys", stats.StackSys)
	fmt.Println("gc-sys", stats.GCSys)
	fmt.Println("ready")
	os.Stdin.Read(make([]byte, 1))
}
