package connection

import "embed"

// exampleFiles holds an annotated configuration with every key and
// the mapping that it names.
//
//go:embed examples
var exampleFiles embed.FS

// ExampleConfig returns the annotated example of a configuration.
func ExampleConfig() string { return example("tradepost.yaml") }

// ExampleMapping returns the mapping that the example configuration names.
func ExampleMapping() string { return example("mappings/acme-books.yaml") }

func example(name string) string {
	data, err := exampleFiles.ReadFile("examples/" + name)
	if err != nil {
		return "" // the compiler put the file there
	}
	return string(data)
}
