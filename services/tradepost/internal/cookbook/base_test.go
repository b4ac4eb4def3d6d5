package cookbook_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestTheBaseForQuickBooks(t *testing.T) {
	p := readPage(t, "cookbook-quickbooks.md")
	at, ids := contractor(t)
	url, token, _ := company(t)
	p.config = strings.ReplaceAll(p.config, "http://localhost:8390", url)
	k := newKitchen(t, at, p, recipe{}, []string{"QBO_TOKEN=" + token}, inQuickBooks(&wire{}))
	for number, id := range ids {
		kind, text := k.post(id)
		fmt.Println("==", number, kind)
		if kind == "comment" {
			fmt.Println(text)
		}
	}
}
