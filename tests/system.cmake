system_test(clients)
system_test(messages)
system_test(kill TIMEOUT 300)
system_test(refusals TIMEOUT 300)
