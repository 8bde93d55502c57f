unit_test(client_table LINK policy)
unit_test(responder LINK policy)
