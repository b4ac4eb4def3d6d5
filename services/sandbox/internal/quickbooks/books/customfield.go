package books

import "strconv"

// saleFields checks custom fields (Intuit API reference, Invoice.CustomField;
// error code list, 3000).
func (c *Company) saleFields(_ Entity, doc, _ Object, _ Options) *Fault {
	out := []any{}
	sent := map[int]string{}
	for _, field := range list(doc, "CustomField") {
		id, err := strconv.Atoi(Text(field, "DefinitionId"))
		if err != nil || id < 1 || id > len(c.settings.CustomFields) || c.settings.CustomFields[id-1] == "" {
			return refuse("3000", "Invalid custom field", "The custom field with DefinitionId "+Text(field, "DefinitionId")+" is not set up").on("CustomField")
		}
		if value := Text(field, "StringValue"); len([]rune(value)) > 31 {
			return tooLong("CustomField", 31, len([]rune(value)))
		}
		sent[id] = Text(field, "StringValue")
	}
	for i, name := range c.settings.CustomFields { // all that are on are shown, also empty ones
		if name == "" {
			continue
		}
		shown := Object{"DefinitionId": itoa(i + 1), "Name": name, "Type": "StringType"}
		if v := sent[i+1]; v != "" {
			shown["StringValue"] = v
		}
		out = append(out, shown)
	}
	doc["CustomField"] = out
	return nil
}
