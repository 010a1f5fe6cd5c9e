"""Compare: the double beside the server, under the same programs of requests; where does the double lie?"""
