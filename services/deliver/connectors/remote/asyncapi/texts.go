package asyncapi

import (
	"regexp"
	"strings"
)

var (
	opens   = regexp.MustCompile(`^message (\w+) \{`)
	declare = regexp.MustCompile(`^(?:repeated )?(?:map<[^>]*>|[\w.]+) (\w+) = \d+`)
)

// textsOf reads the comments above messages ("Document") and fields ("Document.marker")
// out of proto files: the program's own descriptors do not have them.
func textsOf(files ...[]byte) map[string]string {
	texts := map[string]string{}
	for _, file := range files {
		var message string
		var comment []string
		for line := range strings.Lines(string(file)) {
			line = strings.TrimSpace(line)
			if words, is := strings.CutPrefix(line, "//"); is {
				comment = append(comment, strings.TrimSpace(words))
				continue
			}
			text := strings.Join(comment, " ")
			comment = nil
			if m := opens.FindStringSubmatch(line); m != nil {
				message = m[1]
				texts[message] = text
			} else if m := declare.FindStringSubmatch(line); m != nil && text != "" {
				texts[message+"."+m[1]] = text
			}
		}
	}
	return texts
}
