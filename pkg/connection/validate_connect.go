package connection

const connectHTTPS = "begin it with https://: accounting systems send browsers to nothing else, with a code that is a secret"

// connect checks where the pages are on which people sign connections in.
func (k *checker) connect() {
	c := k.config.Connect
	k.publicURL("connect.public_url", c.PublicURL, connectHTTPS)
	k.listen("connect.listen", c.Listen, "127.0.0.1:8082", ":8082")
	switch {
	case c.Listen == off:
	case c.Listen == k.config.HTTP.Listen:
		k.add("connect.listen", "use another port", "is the address of http.listen, where health and metrics are served")
	case c.Listen == k.config.Webhook.Listen:
		k.add("connect.listen", "use another port", "is the address of webhook.listen")
	case c.PublicURL == "":
		k.add("connect.public_url", "add the https address under which browsers reach connect.listen, or set connect.listen to off", "is missing")
	}
}
