-- Ends a ticket, unless it expired before. ARGV: filter, ticket.
return finish(ARGV[1], ARGV[2])
