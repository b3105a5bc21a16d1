\set owner random(1, 100)
INSERT INTO accounts (owner_id, number, balance, opened, note) VALUES (1 + :owner % greatest(:rows / 50, 1), 'N' || nextval('account_numbers'), 0, current_date, 'new');
