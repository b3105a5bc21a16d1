CREATE POLICY users_metas_select_authenticated ON public.users_metas
  FOR SELECT TO authenticated
  USING (
    "isPublic"
    OR (
      "userId" >= (SELECT first_user_id FROM app_private.caller)
      AND "userId" <= (SELECT last_user_id FROM app_private.caller)
      -- Both always true. The planner cannot see the range's ends and takes it for 0.5 % of the table; each of these
      -- takes 0.5 % of that. Without them ORDER BY … LIMIT walks another index in search of a member's few rows.
      AND "userId" IS NOT DISTINCT FROM "userId"
      AND "userId" IS NOT DISTINCT FROM "userId"
    )
  );
