"""Every address of the screens. docs/access.md says who may open which, and a test walks it."""

from django.urls import path

from weimin.web import files, leader, login, papers, phone, styleguide, transfer
from weimin.web.admin import (
    audit,
    calendar,
    delegations,
    deliveries,
    establishment,
    home,
    offices,
    packs,
    people,
    people_sheet,
    system,
)
from weimin.web.api.router import api
from weimin.web.desk import batch, calls, cards, case, correct, dossiers, intake, lists, sheet
from weimin.web.portal import apply, kept, verify
from weimin.web.portal import views as portal

handler400 = "weimin.web.failures.bad_request"
handler404 = "weimin.web.failures.not_found"
handler403 = "weimin.web.failures.forbidden"
handler500 = "weimin.web.failures.server_error"

urlpatterns = [
    # 办事大厅
    path("", portal.home, name="portal"),
    path("items/<str:code>", portal.guide, name="guide"),
    path("items/<str:code>/apply", apply.apply, name="apply"),
    path("items/<str:code>/apply/<str:question>", apply.one_page, name="apply-page"),
    path("applied/<str:number>", apply.applied, name="applied"),
    path("mine", portal.mine, name="mine"),
    path("mine/information", kept.information, name="mine-information"),
    path("mine/<str:number>", portal.one, name="mine-one"),
    path("mine/<str:number>/do/<str:verb>", portal.do, name="mine-do"),
    path("mine/<str:number>/rate", portal.rate_contact, name="rate"),
    path("follow", portal.follow, name="follow"),
    path("check/receipt", portal.check_receipt, name="check-receipt"),
    path("check/certificate", verify.check_certificate, name="check-certificate"),
    # 登录
    path("sign-in", login.sign_in, name="sign-in"),
    path("sign-out", login.sign_out, name="sign-out"),
    path("login", login.staff_sign_in, name="staff-sign-in"),
    path("login/password", login.password, name="password"),
    path("start", login.start, name="start"),
    path("switch", login.switch, name="switch"),
    path("elder", login.elder, name="elder"),
    # 工作台
    path("desk", lists.desk, name="desk"),
    path("desk/search", lists.search, name="search"),
    path("desk/calls", calls.listed, name="calls"),
    path("desk/cards", cards.cards, name="cards"),
    path("desk/excel", sheet.excel, name="excel"),
    path("desk/batch", batch.batch, name="batch"),
    path("desk/intake", intake.find_item, name="intake-find"),
    path("desk/intake/<str:code>", intake.intake, name="intake"),
    path("desk/intake/<str:code>/guided", intake.one_by_one, name="guided"),
    path("desk/intake/<str:code>/guided/<str:question>", intake.one_page, name="guided-page"),
    path("desk/areas", intake.areas, name="areas"),
    path("desk/received/<str:number>", intake.received, name="received"),
    path("desk/cases/<str:number>", case.case, name="case"),
    path("desk/cases/<str:number>/do/<str:verb>", case.act, name="act"),
    path("desk/cases/<str:number>/correct", correct.correct, name="correct"),
    path("desk/cases/<str:number>/reveal/<int:person>", case.reveal, name="reveal"),
    path("desk/cases/<str:number>/dossier.zip", dossiers.one, name="dossier"),
    path("desk/dossiers", dossiers.years, name="dossiers"),
    path("desk/dossiers/<int:year>.zip", dossiers.year, name="dossiers-year"),
    path("papers/<str:number>/<str:form>.pdf", papers.paper, name="paper"),
    path("files/<int:file>", files.show, name="file"),
    # 扫描件：分段上传，手机拍照
    path("uploads/", transfer.begin, name="uploads"),
    path("uploads/<str:upload>", transfer.one, name="upload"),
    path("uploads/<str:upload>/picture", transfer.picture, name="upload-picture"),
    path("phones/", phone.make, name="phones"),
    path("phones/<int:door>", phone.seen, name="phone-seen"),
    path("u/<str:token>", phone.phone, name="phone"),
    path("u/<str:token>/uploads/", transfer.begin, name="phone-uploads"),
    path("u/<str:token>/uploads/<str:upload>", transfer.one, name="phone-upload"),
    path("u/<str:token>/uploads/<str:upload>/picture", transfer.picture, name="phone-picture"),
    # 今日
    path("today", leader.today, name="today"),
    path("today/cases/<str:kind>", leader.cases, name="today-cases"),
    path("today/offices/<int:office>", leader.office, name="today-office"),
    # 管理
    path("admin", home.home, name="admin"),
    path("admin/packs", packs.packs, name="admin-packs"),
    path("admin/packs/versions/<int:version>", packs.version, name="admin-pack"),
    path("admin/packs/versions/<int:version>.zip", packs.download, name="admin-pack-zip"),
    path("admin/packs/current.zip", packs.current, name="admin-pack-current"),
    path("admin/packs/check", packs.check, name="admin-pack-check"),
    path("admin/packs/publish", packs.publish, name="admin-pack-publish"),
    path("admin/offices", offices.offices, name="admin-offices"),
    path("admin/offices/new", establishment.new, name="admin-office-new"),
    path("admin/offices/<int:office>", offices.office, name="admin-office"),
    path("admin/offices/<int:office>/end", establishment.end, name="admin-office-end"),
    path("admin/offices/<int:office>/do/<str:verb>", establishment.do, name="admin-office-do"),
    path("admin/offices/<int:office>/posts/new", establishment.post_new, name="admin-post-new"),
    path("admin/posts/<int:post>", establishment.post, name="admin-post"),
    path("admin/posts/<int:post>/do/<str:verb>", establishment.post_do, name="admin-post-do"),
    path("admin/delegations", delegations.delegations, name="admin-delegations"),
    path("admin/delegations/<int:row>/withdraw", delegations.withdraw, name="admin-withdraw"),
    path("admin/calendar", calendar.calendar, name="admin-calendar"),
    path("admin/calendar/new", calendar.new, name="admin-calendar-new"),
    path("admin/calendar/<int:decree>", calendar.decree, name="admin-decree"),
    path("admin/deliveries", deliveries.deliveries, name="admin-deliveries"),
    path("admin/deliveries/again", deliveries.all_again, name="admin-send-all"),
    path("admin/deliveries/<int:message>/again", deliveries.again, name="admin-send-again"),
    path("admin/deliveries/<int:message>/give-up", deliveries.give_up, name="admin-give-up"),
    path("admin/jobs", system.jobs, name="admin-jobs"),
    path("admin/jobs/run", system.run, name="admin-job-run"),
    path("admin/jobs/clear", system.clear, name="admin-jobs-clear"),
    path("admin/jobs/<int:job>/again", system.retry, name="admin-job-again"),
    path("admin/now", system.now, name="admin-now"),
    path("admin/people", people.people, name="admin-people"),
    path("admin/people/new", people.new, name="admin-person-new"),
    path("admin/people/import", people_sheet.people_import, name="admin-people-import"),
    path("admin/people/template.xlsx", people_sheet.template, name="admin-people-template"),
    path("admin/people/<int:account>", people.person, name="admin-person"),
    path("admin/people/<int:account>/post", people.post, name="admin-person-post"),
    path("admin/people/<int:account>/do/<str:verb>", people.do, name="admin-person-do"),
    path("admin/audit", audit.audit, name="admin-audit"),
    # 接口与样式
    path("api/v1/", api.urls),
    path("styleguide", styleguide.show, name="styleguide"),
]
