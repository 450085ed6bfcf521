// Verdicts by policy, direction, action and peer, as a Go programmer would count them.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
)

func main() {
	counts := map[string]int{}
	scanner := bufio.NewScanner(os.Stdin)
	scanner.Buffer(make([]byte, 1<<20), 1<<20)
	for scanner.Scan() {
		fields := strings.Fields(scanner.Text())
		switch {
		case len(fields) > 18 && fields[5] == "PolicyName":
			counts[fields[6]+" "+fields[16]+" "+fields[18]+" "+fields[13]]++
		case len(fields) > 20 && fields[12] == "dst":
			counts["- "+fields[17]+" "+fields[18]+" "+fields[20]+" "+fields[11]]++
		case len(fields) > 16:
			counts["- "+fields[14]+" "+fields[16]+" "+fields[11]]++
		}
	}
	for key, count := range counts {
		fmt.Println(count, key)
	}
}
