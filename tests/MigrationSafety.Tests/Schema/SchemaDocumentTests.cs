using MigrationSafety.Schema;
using Xunit;

namespace MigrationSafety.Tests.Schema;

public class SchemaDocumentTests
{
    [Fact]
    public void A_page_shows_the_picture_and_every_table()
    {
        var snapshot = SchemaSnapshot.Parse(
            """
            enum public.mood
              labels: 'sad', 'happy'

            table public.people
              column id: bigint NOT NULL GENERATED ALWAYS AS IDENTITY
              column "firstName": text COLLATE pg_catalog."C" NOT NULL DEFAULT 'a|b'::text
              column mood: public.mood
              constraint people_pkey: PRIMARY KEY (id)
              constraint people_name_key: UNIQUE ("firstName")
              row level security: enabled
              policy own: PERMISSIVE FOR SELECT TO PUBLIC USING (true)
              grant to PUBLIC: SELECT
              comment: 'It''s all of them'
              comment on column mood: 'today''s | tomorrow''s'

            table public.pets
              column id: uuid NOT NULL
              column owner: bigint
              column prices: numeric(10,2)[]
              column born: timestamp with time zone NOT NULL
              constraint pets_pkey: PRIMARY KEY (id)
              constraint pets_owner_fkey: FOREIGN KEY (owner) REFERENCES public.people(id) ON DELETE CASCADE
              index pets_owner: btree (owner)
              row level security: disabled

            table public.passports
              column id: bigint NOT NULL
              constraint passports_pkey: PRIMARY KEY (id)
              constraint passports_id_fkey: FOREIGN KEY (id) REFERENCES public.people(id)
            """
        );

        Assert.Equal(
            """
            <!-- Written by: make page -->

            # Schema

            ```mermaid
            erDiagram
              people ||--o| passports : "passports_id_fkey"
              people |o--o{ pets : "pets_owner_fkey"
              passports {
                bigint id PK, FK
              }
              people {
                bigint id PK
                text firstName UK
                mood mood
              }
              pets {
                uuid id PK
                bigint owner FK
                numeric_10_2_[] prices
                timestamptz born
              }
            ```

            ## Enums

            | enum | labels, in order |
            |---|---|
            | `public.mood` | `'sad', 'happy'` |

            ## public.passports

            | column | type | null | default | comment |
            |---|---|---|---|---|
            | `id` | `bigint` | no |  |  |

            Keys and constraints:

            - `constraint passports_pkey` `PRIMARY KEY (id)`
            - `constraint passports_id_fkey` `FOREIGN KEY (id) REFERENCES public.people(id)`

            Row-level security: disabled.

            ## public.people

            It's all of them

            | column | type | null | default | comment |
            |---|---|---|---|---|
            | `id` | `bigint` | no | `GENERATED ALWAYS AS IDENTITY` |  |
            | `"firstName"` | `text` | no | `'a\|b'::text` |  |
            | `mood` | `public.mood` | yes |  | today's \| tomorrow's |

            Keys and constraints:

            - `constraint people_pkey` `PRIMARY KEY (id)`
            - `constraint people_name_key` `UNIQUE ("firstName")`

            Row-level security: enabled.

            Policies:

            - `policy own` `PERMISSIVE FOR SELECT TO PUBLIC USING (true)`

            Privileges:

            - `grant to PUBLIC` `SELECT`

            ## public.pets

            | column | type | null | default | comment |
            |---|---|---|---|---|
            | `id` | `uuid` | no |  |  |
            | `owner` | `bigint` | yes |  |  |
            | `prices` | `numeric(10,2)[]` | yes |  |  |
            | `born` | `timestamp with time zone` | no |  |  |

            Keys and constraints:

            - `constraint pets_pkey` `PRIMARY KEY (id)`
            - `constraint pets_owner_fkey` `FOREIGN KEY (owner) REFERENCES public.people(id) ON DELETE CASCADE`

            Indexes:

            - `index pets_owner` `btree (owner)`

            Row-level security: disabled.

            """,
            SchemaDocument.Write(snapshot, "Schema", "make page")
        );
    }
}
